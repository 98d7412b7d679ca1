import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { uncommittedInside } from '../../src/engine/uncommitted-inside.js';
import type { Settings } from '../../src/model/repo.js';
import type { RepoReport } from '../../src/model/report.js';
import { createHgWorld, type HgMachine, type HgWorld, hg, hgMachineAt } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { wholeState } from '../support/oracles.js';

// Two machines with two repositories each: a slow machine needs minutes for some of these.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

/** The opt-in. */
const ON: Partial<Settings> = { subrepositories: true };

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;
let hubOfInner: string;

const innerOf = (machine: HgMachine): HgMachine => hgMachineAt(join(machine.top, 'inner'), machine.name);

/** What a tree says its subrepository stands on. */
const named = (machine: HgMachine): string => machine.read('.hgsubstate').split(' ')[0] ?? '';

const tipOfInner = (): string => hg(hubOfInner, 'log', '-r', 'default', '-T', '{node}');

beforeEach(async () => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
  hubOfInner = join(world.hub, 'inner');
  hg(world.folder, 'init', hubOfInner);
  hg(here.top, 'clone', '-q', hubOfInner, 'inner');
  here.write('inner/file', 'BASE\n');
  here.write('.hgsub', 'inner = inner\n');
});
afterEach(() => world.remove());

/** Runs machines in turn, and looks whether all are in step then, and a further run does nothing. */
async function expectInStep(...tokens: readonly string[]): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) for (const machine of world.machines) await machine.run(ON);
  for (const machine of world.machines) {
    const before = [wholeState(machine), innerOf(machine).head()];
    const { verdict, why } = await machine.run(ON);
    expect(`${verdict} ${why}`).toBe('synced ');
    expect([wholeState(machine), innerOf(machine).head()]).toEqual(before);
    expect(innerOf(machine).head()).toBe(named(machine));
    // Hg itself goes into it, and sees nothing that differs.
    expect(machine.hg('status', '-S')).toBe('');
    expect(machine.verify() + innerOf(machine).verify()).toBe('');
    for (const token of tokens) expect(Object.values(machine.files()).join('\n')).toContain(token);
  }
  expect(here.files()).toEqual(there.files());
  expect(here.head()).toBe(there.head());
}

/** Both machines have the subrepository. */
async function shareInner(): Promise<void> {
  expect(await here.run(ON)).toMatchObject({ verdict: 'synced' });
  expect(await there.run(ON)).toMatchObject({ verdict: 'synced' });
}

describe.skipIf(!needs('hg'))('a subrepository that is kept in step', () => {
  it('is committed and sent first, then the tree that names it', async () => {
    const report = await here.run(ON);
    expect(report).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' }, push: { kind: 'pushed' } });
    expect(report.subrepositories).toMatchObject([
      {
        path: join(here.top, 'inner'),
        verdict: 'synced',
        commit: { kind: 'committed', message: expect.stringMatching(/^Added file/) },
      },
    ]);
    expect(here.committed()).toEqual(['.hgsub', '.hgsubstate', 'README.md']);
    expect(named(here)).toBe(innerOf(here).head());
    expect(tipOfInner()).toBe(named(here));
    expect(world.hubHead()).toBe(here.head());
    expect(here.hg('status', '-S')).toBe('');
  });

  it('that is new to a machine is cloned from below the hub of its tree, where its tree says', async () => {
    await here.run(ON);
    const report = await there.run(ON);
    expect(report).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded' } });
    expect(there.read('inner/file')).toBe('BASE\n');
    await expectInStep('BASE');
  });

  it('brings to the other machine what was saved in it, and nobody commits twice', async () => {
    await shareInner();
    here.write('inner/file', 'EDITED\n');
    here.write('outer.txt', 'OUTER\n');
    const report = await here.run(ON);
    expect(report.subrepositories).toMatchObject([{ commit: { kind: 'committed' }, push: { kind: 'pushed' } }]);
    expect(report.commit.changes.map(({ path }) => path).sort()).toEqual(['.hgsubstate', 'outer.txt']);
    const count = hg(world.hub, 'log', '-T', '.').length;
    const arrived = await there.run(ON);
    expect(arrived).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
    expect(arrived.subrepositories).toMatchObject([{ verdict: 'synced', integrate: { kind: 'fast-forwarded' } }]);
    expect(there.read('inner/file')).toBe('EDITED\n');
    await expectInStep('EDITED', 'OUTER');
    expect(hg(world.hub, 'log', '-T', '.').length).toBe(count);
  });

  it('keeps what both machines saved in it at the same time', async () => {
    await shareInner();
    here.write('inner/file', 'MINE\n');
    here.write('inner/mine', 'ALSO MINE\n');
    there.write('inner/file', 'THEIRS\n');
    there.write('inner/theirs', 'ALSO THEIRS\n');
    there.write('outer', 'OUTER\n');
    await expectInStep('MINE', 'ALSO MINE', 'THEIRS', 'ALSO THEIRS', 'OUTER');
    expect(tipOfInner()).toBe(named(here));
  });

  it('keeps a save that meets what comes in, as any tree does', async () => {
    await shareInner();
    here.write('inner/file', 'EDITED\n');
    await here.run(ON);
    there.write('inner/new', 'UNSEEN\n');
    const report = await there.run(ON);
    expect(report).toMatchObject({ verdict: 'synced' });
    await expectInStep('EDITED', 'UNSEEN');
  });

  it('names conflicts in it by the way from its tree', async () => {
    await shareInner();
    here.write('inner/file', 'MINE\n');
    await here.run(ON);
    there.write('inner/file', 'THEIRS\n');
    const report = await there.run(ON);
    expect(report.integrate.conflicts).toMatchObject([
      { path: 'inner/file', copy: expect.stringMatching(/^inner\/file \(conflict/) },
    ]);
  });

  it('goes back where its tree goes back, and stays there although its hub has more', async () => {
    await shareInner();
    const first = named(here);
    here.write('inner/file', 'NEWER\n');
    await here.run(ON);
    await there.run(ON);
    innerOf(here).hg('update', '-q', '-r', first);
    const report = await here.run(ON);
    expect(report).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' } });
    expect(named(here)).toBe(first);
    expect(await there.run(ON)).toMatchObject({ verdict: 'synced' });
    expect(there.read('inner/file')).toBe('BASE\n');
    await expectInStep('BASE');
    expect(named(there)).toBe(first);
    expect(tipOfInner()).not.toBe(first);
  });

  it('that its hub does not get is not named, and the tree goes on without', async () => {
    await shareInner();
    const before = named(here);
    writeFileSync(join(hubOfInner, '.hg/hgrc'), '[hooks]\npretxnchangegroup = echo "NO" >&2; exit 1\n');
    here.write('inner/file', 'EDITED\n');
    here.write('outer.txt', 'OUTER\n');
    const report = await here.run(ON);
    expect(report.verdict).toBe('attention');
    expect(report.why).toMatch(/^inner: the hub refused the push/);
    expect(report).toMatchObject({
      commit: { kind: 'committed', changes: [{ path: 'outer.txt' }] },
      push: { kind: 'pushed' },
    });
    expect(named(here)).toBe(before);
    writeFileSync(join(hubOfInner, '.hg/hgrc'), '');
    await expectInStep('EDITED', 'OUTER');
  });

  it('whose hub has lost everything is not called synced', async () => {
    await shareInner();
    rmSync(hubOfInner, { recursive: true });
    hg(world.folder, 'init', hubOfInner);
    expect(await here.run(ON)).toMatchObject({ verdict: 'blocked', why: expect.stringContaining('branch-deleted') });
    there.write('README.md', 'CHANGED\n');
    expect(await there.run(ON)).toMatchObject({ verdict: 'blocked', why: expect.stringContaining('branch-deleted') });
  });

  it('whose hub has forgotten a commit on purpose does not send it again, however that came here', async () => {
    await shareInner();
    innerOf(here).write('file', 'PURGED\n');
    await here.run(ON);
    await there.run(ON);
    const late = world.add('late');
    await late.run(ON);
    hg(hubOfInner, '--config', 'extensions.strip=', 'strip', '-q', '--no-backup', '-r', 'tip');
    for (const machine of [here, there, late]) {
      innerOf(machine).write(`${machine.name}.txt`, 'NEW\n');
      const report = await machine.run(ON);
      expect(report).toMatchObject({ verdict: 'blocked', why: expect.stringContaining('history-rewritten') });
      expect(hg(hubOfInner, 'log', '-p')).not.toContain('PURGED');
    }
  });

  it('in which the person is at work is left alone, and said, and the tree goes on', async () => {
    await shareInner();
    innerOf(here).write('file', 'LEFT\n');
    innerOf(here).hg('commit', '-q', '-m', 'left');
    innerOf(here).hg('update', '-q', '-r', '.^');
    innerOf(here).write('file', 'RIGHT\n');
    innerOf(here).hg('commit', '-q', '-m', 'right');
    expect(() => innerOf(here).hg('merge', '-q', '--tool', 'internal:fail')).toThrow();
    const before = wholeState(innerOf(here));
    here.write('outer.txt', 'OUTER\n');
    const report = await here.run(ON);
    expect(report.verdict).toBe('blocked');
    expect(report.why).toMatch(/^inner: merge: /);
    expect(report).toMatchObject({ push: { kind: 'pushed' } });
    expect(wholeState(innerOf(here))).toEqual(before);
  });

  it('that is no longer named is left where it is, and no longer touched', async () => {
    await shareInner();
    here.write('.hgsub', '');
    expect(await here.run(ON)).toMatchObject({ quarantined: [{ path: 'inner', reason: 'nested-repository' }] });
    await there.run(ON);
    there.write('inner/file', 'ALONE\n');
    const { quarantined } = await there.run(ON);
    expect(quarantined).toMatchObject([{ path: 'inner', reason: 'nested-repository' }]);
    expect(innerOf(there).status()).toBe('M file');
    expect(there.has('.hgsubstate')).toBe(false);
  });

  it('is said to be committed, in a run that only looks, and nothing is touched', async () => {
    await shareInner();
    here.write('inner/file', 'EDITED\n');
    const before = [wholeState(here), wholeState(innerOf(here))];
    const report = await here.run(ON, { dryRun: true });
    expect(report.subrepositories).toMatchObject([{ commit: { kind: 'skipped', changes: [{ path: 'file' }] } }]);
    expect([wholeState(here), wholeState(innerOf(here))]).toEqual(before);
  });

  it('counts for a look at the tree while something in it is not committed, or stands elsewhere', async () => {
    await here.run(ON);
    const tree = await here.open(ON);
    expect(await uncommittedInside(tree)).toBe(0);
    here.write('inner/file', 'EDITED\n');
    expect(await uncommittedInside(tree)).toBe(1);
    innerOf(here).hg('commit', '-q', '-m', 'by hand');
    expect(await uncommittedInside(tree)).toBe(1);
    tree.end();
  });

  it('is left to the person in the modes that leave his commits to him', async () => {
    await here.run(ON);
    for (const mode of ['backup', 'follow'] as const) {
      expect(await here.run({ ...ON, mode })).toMatchObject({ verdict: 'blocked', blocked: { kind: 'unsupported' } });
    }
  });
});

describe.skipIf(!needs('hg'))('a subrepository that a push names', () => {
  let outside: string;

  beforeEach(() => {
    outside = join(world.folder, 'outside');
    hg(world.folder, 'init', outside);
    writeFileSync(join(outside, 'x'), 'OUTSIDE\n');
    hg(outside, 'commit', '-q', '-A', '-m', 'x');
  });

  /** Somebody pushes a tree that names one, with a file beside it. */
  function push(hgsub: string, states: string): void {
    there.write('.hgsub', hgsub);
    there.write('.hgsubstate', states);
    there.write('beside.txt', 'BESIDE\n');
    const plain = [
      '--config',
      `extensions.plain=${join(process.cwd(), 'templates/hg/subrepositories.py')}`,
      '--config',
      'autosync.plain-subrepositories=true',
    ];
    there.hg(...plain, 'commit', '-q', '-A', '-m', 'names one');
    there.hg(...plain, 'push', '-q');
  }

  const tip = (): string => hg(outside, 'log', '-r', 'tip', '-T', '{node}');

  /** The machine here has opted in before the push comes. */
  async function receive(settings: Partial<Settings> = {}): Promise<RepoReport> {
    return await here.run({ ...ON, ...settings });
  }

  beforeEach(async () => {
    here.remove('inner');
    here.remove('.hgsub');
    await here.run(ON);
  });

  it.each([
    ['an absolute path', () => outside],
    ['a path that leads up', () => '../outside'],
    ['a program', () => 'ext::sh -c touch% pwned'],
    ['an option of ssh', () => 'ssh://-oProxyCommand=touch pwned/x'],
    ['an encoded way up', () => '%2e%2e/outside'],
  ])('with %s for its source is not fetched, and said; the rest comes in', async (_what, source) => {
    push(`evil = ${source()}\n`, `${tip()} evil\n`);
    const report = await receive();
    expect(report.verdict).toBe('attention');
    expect(report.why).toMatch(/^evil: left out: .*subrepository-sources/);
    expect(here.read('beside.txt')).toBe('BESIDE\n');
    expect(here.has('evil')).toBe(false);
    expect(existsSync(join(here.top, 'pwned'))).toBe(false);
  });

  it.each(['../evil', '/tmp/evil-subrepository', '.hg/evil', 'a/.git', 'link/evil'])(
    'at the path %s is not made',
    async (path) => {
      mkdirSync(join(world.folder, 'elsewhere'));
      here.link(join(world.folder, 'elsewhere'), 'link');
      hg(world.folder, 'clone', '-q', outside, join(world.hub, 'lib'));
      push(`${path} = lib\n`, `${tip()} ${path}\n`);
      const report = await receive();
      expect(report.verdict).toBe('attention');
      expect(report.why).toContain('left out: ');
      expect(existsSync(join(here.top, path))).toBe(false);
      expect(existsSync(join(world.folder, 'elsewhere/evil'))).toBe(false);
      expect(here.read('beside.txt')).toBe('BESIDE\n');
    },
  );

  // Once of many times, on a busy machine, it failed within a second, and nobody knows why yet.
  it('is cloned from a URL that the person has allowed', { retry: 2 }, async () => {
    push(`lib = ${outside}\n`, `${tip()} lib\n`);
    const { verdict, why } = await receive({ subrepositorySources: [outside] });
    // Should it fail again, it says why.
    expect([verdict, why]).toEqual(['synced', '']);
    expect(here.read('lib/x')).toBe('OUTSIDE\n');
  });

  it("at the place of a repository of the person's own does not make it one: nothing of his is committed or sent", async () => {
    hg(here.top, 'init', 'private');
    here.write('private/diary', 'SECRET\n');
    hg(world.hub, 'init', 'private');
    push('private = private\n', `${tip()} private\n`);
    const report = await receive();
    expect(report.verdict).toBe('attention');
    expect(report.why).toContain('private: left out: a repository stands there');
    expect(hg(join(here.top, 'private'), 'status')).toBe('? diary');
    expect(hg(join(world.hub, 'private'), 'log')).toBe('');
    expect(here.read('beside.txt')).toBe('BESIDE\n');
  });

  it('of another system is left out and named, and the rest is in step', async () => {
    push(`lib = [git]${outside}\n`, `${tip()} lib\n`);
    const report = await receive();
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'lib', reason: 'submodule' }] });
    expect(here.has('lib')).toBe(false);
  });

  it.each(['allowed', 'hg:allowed'])("is left out where the person's hg has subrepos.%s off", async (name) => {
    hg(world.folder, 'clone', '-q', outside, join(world.hub, 'lib'));
    appendFileSync(join(here.top, '.hg/hgrc'), `[subrepos]\n${name} = false\n`);
    push('lib = lib\n', `${tip()} lib\n`);
    expect(await receive()).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'lib', reason: 'submodule' }] });
    expect(here.has('lib')).toBe(false);
  });

  it('at a commit that its hub does not have is said, and the rest comes in', async () => {
    hg(world.folder, 'clone', '-q', outside, join(world.hub, 'lib'));
    push('lib = lib\n', `${'1'.repeat(40)} lib\n`);
    const report = await receive();
    expect(report.verdict).toBe('attention');
    expect(report.why).toMatch(/^lib: /);
    expect(here.has('lib')).toBe(false);
    expect(here.read('beside.txt')).toBe('BESIDE\n');
  });
});

describe.skipIf(!needs('hg'))('a subrepository without a hub of its own', () => {
  it('is sent where hg would send it: below the hub of its tree', async () => {
    writeFileSync(join(here.top, 'inner/.hg/hgrc'), '');
    expect(await here.run(ON)).toMatchObject({ verdict: 'synced' });
    expect(tipOfInner()).toBe(named(here));
    await expectInStep('BASE');
  });

  it('is not named while nobody else could get it', async () => {
    writeFileSync(join(here.top, 'inner/.hg/hgrc'), '');
    writeFileSync(join(here.top, '.hgsub'), 'inner = elsewhere\n');
    const report = await here.run(ON);
    expect(report.verdict).not.toBe('synced');
    expect(report.why).toMatch(/^inner: /);
    expect(here.has('.hgsubstate')).toBe(false);
    expect(innerOf(here).status()).toBe('');
  });
});
