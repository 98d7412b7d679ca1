import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHgWorld, type HgMachine, type HgWorld, hg, hgMachineAt } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { expectConverged, wholeState } from '../support/oracles.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;

beforeEach(() => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => world.remove());

/** Adds to the settings of a repository. */
const configure = (top: string, text: string): void => appendFileSync(join(top, '.hg/hgrc'), text);

describe.skipIf(!needs('hg') || !needs('mercurial-evolve'))('a topic', () => {
  beforeEach(() => configure(here.top, '[extensions]\ntopic=\n'));

  it('that is active is left alone, since a push would end it', async () => {
    here.hg('topic', '-q', 'mine');
    here.write('a.txt', 'a\n');
    const before = wholeState(here);
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'topic' } });
    expect(report.why).toContain('hg topic --clear');
    expect(wholeState(here)).toEqual(before);
  });

  it('that was left is no hindrance, and stays what it was', async () => {
    here.hg('topic', '-q', 'mine');
    here.write('on-topic.txt', 'TOPIC\n');
    here.commit('on a topic');
    const topic = here.head();
    here.switchTo('default');
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(here.hg('log', '-r', topic, '-T', '{topic} {phase}')).toBe('mine draft');
    expect(world.hubHistory()).not.toContain('TOPIC');
  });
});

describe.skipIf(!needs('hg') || !needs('mercurial-evolve'))(
  'a commit that was made anew after it had been sent',
  () => {
    beforeEach(() => {
      for (const top of [here.top, there.top, world.hub])
        configure(top, '[extensions]\nevolve=\n[experimental]\nevolution=all\n[phases]\npublish=no\n');
      hg(here.top, 'phase', '--force', '--draft', '-r', 'all()');
    });

    it('takes the place of the old one on the hub, and others are told before they adopt it', async () => {
      here.write('a.txt', 'OLD\n');
      await here.run();
      await there.run();
      here.write('a.txt', 'NEW\n');
      here.hg('commit', '--amend', '-m', 'my own words');
      const anew = here.head();
      expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
      expect(hg(world.hub, 'log', '-r', 'heads(all())', '-T', '{node}')).toBe(anew);
      here.write('b.txt', 'b\n');
      expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
      expect(await there.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'history-rewritten' } });
      expect(there.read('a.txt')).toBe('OLD\n');
    });

    it('in part is left to the person', async () => {
      here.write('a.txt', 'a\n');
      await here.run();
      await there.run();
      there.write('b.txt', 'b\n');
      await there.run();
      here.hg('commit', '--amend', '-m', 'my own words');
      const before = here.head();
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'history-rewritten' } });
      expect(report.why).toContain('hg evolve');
      expect(here.head()).toBe(before);
    });

    it('leaves nothing to be built on what stood on the old one, until that is evolved', async () => {
      for (const name of ['one', 'two']) {
        here.write(`${name}.txt`, `${name}\n`);
        here.commit(name);
      }
      const two = here.head();
      here.hg('update', '-q', '-r', '1');
      here.write('one.txt', 'ANEW\n');
      here.hg('commit', '-q', '--amend', '-m', 'one, anew');
      await here.run();
      here.hg('update', '-q', '-r', two);
      const before = wholeState(here);
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'history-rewritten' } });
      expect(report.why).toContain('hg evolve');
      expect(wholeState(here)).toEqual(before);
      here.hg('evolve', '-q', '--update', '--rev', '.');
      expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
      expect(here.files()).toEqual({ 'README.md': 'hello\n', 'one.txt': 'ANEW\n', 'two.txt': 'two\n' });
    });

    it('and taken away here is not brought back, nor taken from the hub', async () => {
      here.write('a.txt', 'a\n');
      await here.run();
      const sent = world.hubHead();
      here.hg('prune', '-r', '.');
      expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'history-rewritten' } });
      expect(world.hubHead()).toBe(sent);
    });
  },
);

describe.skipIf(!needs('hg'))('a queue of patches', () => {
  it.each(['', 'foo'])('with one that is applied is left alone until it is finished, named %j', async (name) => {
    configure(here.top, '[extensions]\nmq=\n');
    if (name !== '') here.hg('qqueue', '-q', '--create', name);
    here.write('a.txt', 'PATCH\n');
    here.hg('add', '-q', 'a.txt');
    here.hg('qnew', 'mine');
    here.write('b.txt', 'b\n');
    const before = wholeState(here);
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'unsupported' } });
    expect(report.why).toContain('hg qfinish');
    expect(wholeState(here)).toEqual(before);
    here.hg('qfinish', '-q', '--applied');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' } });
  });
});

describe.skipIf(!needs('hg'))('subrepositories', () => {
  const inner = (): string => join(here.top, 'inner');

  /** Makes a repository inside, which is to become a subrepository. */
  function makeInner(): void {
    hg(here.top, 'init', 'inner');
    here.write('inner/file', 'INNER\n');
    hg(inner(), 'commit', '-q', '-A', '-m', 'inner');
    here.write('.hgsub', 'inner = inner\n');
  }

  it('that nobody has committed yet are left out, and the rest is taken', async () => {
    makeInner();
    here.write('good.txt', 'good\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: '.hgsub', reason: 'submodule' }] });
    expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
    expect(here.committed()).toEqual(['README.md', 'good.txt']);
  });

  it.each(['added', 'committed'])('that are %s are left to the person, and it is said', async (how) => {
    makeInner();
    here.hg('add', '-q', '.hgsub');
    if (how === 'committed') here.hg('commit', '-q', '-m', 'with an inner one');
    here.write('inner/file', 'EDITED\n');
    here.write('good.txt', 'good\n');
    const before = wholeState(here);
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'unsupported' } });
    expect(report.why).toContain('.hgsub');
    expect(wholeState(here)).toEqual(before);
  });

  it.each(['here too', 'there alone'])(
    'that come from the hub, with work %s, are not fetched from anywhere',
    async (where) => {
      const outside = join(world.folder, 'outside');
      hg(world.folder, 'init', outside);
      there.write('.hgsub', `evil = ${outside}\n[subpaths]\n`);
      there.write('.hgsubstate', `${'0'.repeat(40)} evil\n`);
      there.write('README.md', 'changed\n');
      hg(there.top, 'clone', '-q', outside, 'evil');
      there.hg('add', '-q', '.hgsub');
      there.hg('commit', '-q', '-m', 'with an inner one');
      there.hg('push', '-q');
      if (where === 'here too') here.write('mine.txt', 'mine\n');
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'unsupported' } });
      expect(here.has('evil')).toBe(false);
      expect(here.read('README.md')).toBe('hello\n');
    },
  );
});

describe.skipIf(!needs('hg'))("the person's own settings", () => {
  beforeEach(async () => {
    here.write('a.txt', 'BASE\n');
    await here.run();
    await there.run();
    here.write('a.txt', 'MINE\n');
    there.write('a.txt', 'THEIRS\n');
    await there.run();
  });

  it('that name a program for merges do not start it', async () => {
    const pwned = join(world.folder, 'started');
    configure(
      here.top,
      `[merge-patterns]\n** = mine\n[merge-tools]\nmine.executable = touch\nmine.args = ${pwned}\nmine.premerge = False\n`,
    );
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { conflicts: [{ path: 'a.txt' }] } });
    expect(existsSync(pwned)).toBe(false);
    await expectConverged(world, { tokens: ['MINE', 'THEIRS'] });
  });

  it('hold in a repository of the older kind as well, whose shares do not read them', async () => {
    const top = join(world.folder, 'older');
    hg(world.folder, '--config', 'format.use-share-safe=no', 'clone', '-q', world.hub, top);
    const older = hgMachineAt(top, 'older');
    configure(top, '[hooks]\nprecommit.mine = true\n[extensions]\nlfs=\n[lfs]\ntrack=all()\n');
    older.hg('update', '-q', '-r', '1');
    older.write('a.txt', 'OLDER\n');
    const report = await older.run();
    expect(report).toMatchObject({ integrate: { kind: 'merged' }, commit: { kind: 'committed' } });
    expect(report.why).toContain('lfs');
    expect(older.read('a.txt')).toBe('THEIRS\n');
    expect(Object.values(older.files())).toContain('OLDER\n');
  });
});

describe.skipIf(!needs('hg'))('large files', () => {
  it('of largefiles are left to the person, whose tree would lose them', async () => {
    for (const top of [there.top, world.hub, here.top]) configure(top, '[extensions]\nlargefiles=\n');
    there.write('big.bin', 'big\n');
    there.hg('add', '-q', '--large', 'big.bin');
    there.hg('commit', '-q', '-m', 'big');
    there.hg('push', '-q');
    await expect(there.open()).rejects.toThrow('refused');
    expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'unsupported' } });
    expect(here.status()).toBe('');
  });

  it('of lfs that the hub cannot take are committed here, and it is said', async () => {
    configure(here.top, '[extensions]\nlfs=\n[lfs]\ntrack=all()\n');
    here.write('big.bin', 'big\n');
    const report = await here.run();
    expect(report).toMatchObject({
      verdict: 'attention',
      commit: { kind: 'committed' },
      push: { kind: 'unavailable' },
    });
    expect(report.why).toContain('lfs');
  });
});

describe.skipIf(!needs('hg'))('a working tree that is sparse', () => {
  it('is refused, since what is left out would come back', async () => {
    here.write('in/a.txt', 'a\n');
    here.write('out/b.txt', 'b\n');
    await here.run();
    here.hg('--config', 'extensions.sparse=', 'debugsparse', '--include', 'in');
    await expect(here.open()).rejects.toThrow('refused');
  });
});

describe.skipIf(!needs('hg'))('phases', () => {
  it('stay drafts on a hub that does not publish', async () => {
    configure(world.hub, '[phases]\npublish = false\n');
    here.write('a.txt', 'MINE\n');
    there.write('a.txt', 'THEIRS\n');
    await expectConverged(world, { tokens: ['MINE', 'THEIRS'] });
    for (const machine of world.machines) {
      expect(machine.hg('log', '-r', 'only(., 0)', '-T', '{phase}\n').split('\n')).toEqual(['draft', 'draft', 'draft']);
    }
  });

  it('that are secret keep a commit on this machine, and it is said', async () => {
    here.write('a.txt', 'SECRET\n');
    here.hg('commit', '-q', '-A', '--secret', '-m', 'secret');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'not-attempted' } });
    expect(report.why).toContain('secret');
    there.write('a.txt', 'THEIRS\n');
    await there.run();
    for (const conflict of ['pause', 'keep-both'] as const) {
      const next = await here.run({ conflict });
      expect(next).toMatchObject({ push: { kind: 'not-attempted' } });
      expect(next.verdict).toBe(conflict === 'pause' ? 'conflict' : 'attention');
    }
    expect(world.hubHistory()).not.toContain('SECRET');
    expect(here.hg('log', '-r', '.', '-T', '{phase}')).toBe('secret');
  });
});

describe.skipIf(!needs('hg'))("an author's name", () => {
  let before: string | undefined;
  beforeEach(() => {
    before = process.env['HGUSER'];
    delete process.env['HGUSER'];
  });
  afterEach(() => {
    process.env['HGUSER'] = before;
  });

  const author = (machine: HgMachine): string => machine.hg('log', '-r', '.', '-T', '{author}');

  it('is the one that hg knows', async () => {
    configure(here.top, '[ui]\nusername = A Person <person@example.invalid>\n');
    here.write('a.txt', 'a\n');
    await here.run();
    expect(author(here)).toBe('A Person <person@example.invalid>');
  });

  it('is made of the login and the machine where hg knows none, and nobody is asked', async () => {
    configure(here.top, '[ui]\naskusername = true\n');
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' } });
    expect(author(here)).toMatch(/^\S+ on here <\S+@\S+>$/);
  });
});
