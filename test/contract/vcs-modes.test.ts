import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../support/desk.js';
import { hg } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { metadataOf, wholeState } from '../support/oracles.js';
import { gitHarness, HARNESSES, hgHarness, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const BACKUP = { mode: 'backup' } as const;
const FOLLOW = { mode: 'follow' } as const;

let world: World<Desk>;
let here: Desk;
let there: Desk;

const begin = (vcs: VcsHarness): void => {
  world = vcs.createWorld('here', 'there');
  [here, there] = world.machines as [Desk, Desk];
};

/** What a backup may change of a repository's metadata: the history that it adds to, and git's own refs of ours. */
const withoutHistory = (machine: Desk): Record<string, string> =>
  Object.fromEntries(
    Object.entries(metadataOf(machine)).filter(
      ([name]) => !/^(objects|refs\/autosync|refs\/remotes|store|cache)\/|^(bookmarks|undo|branch$)/.test(name),
    ),
  );

/** Every version control system keeps this in the mode `backup`. */
function backups(vcs: VcsHarness): void {
  beforeEach(() => begin(vcs));
  afterEach(() => world.remove());

  it('puts what is not committed on the own branch of the machine, and leaves all else alone', async () => {
    here.write('README.md', 'changed\n');
    here.write('new.txt', 'NEW\n');
    const [head, hub, metadata] = [here.head(), world.hubHead(), withoutHistory(here)];
    const report = await here.run(BACKUP);
    expect(report).toMatchObject({
      verdict: 'synced',
      why: '',
      commit: { kind: 'committed', message: expect.stringContaining('Added 1, modified 1') },
      push: { kind: 'pushed' },
    });
    expect(here.savedAside()).toBe(report.commit.id);
    expect([here.head(), world.hubHead()]).toEqual([head, hub]);
    expect(withoutHistory(here)).toEqual(metadata);
    expect(here.read('new.txt')).toBe('NEW\n');
    expect(world.hubHistory()).toContain('NEW');
    expect(await there.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'up-to-date' } });
  });

  it('changes nothing in a second run', async () => {
    here.write('new.txt', 'NEW\n');
    await here.run(BACKUP);
    const [saved, state] = [here.savedAside(), wholeState(here)];
    expect(await here.run(BACKUP)).toMatchObject({
      verdict: 'synced',
      commit: { kind: 'clean' },
      push: { kind: 'nothing-to-push' },
    });
    expect(here.savedAside()).toBe(saved);
    expect(wholeState(here)).toEqual(state);
  });

  it('keeps each backup upon the one before, with its event', async () => {
    here.write('a.txt', 'FIRST\n');
    const first = await here.run(BACKUP);
    here.write('a.txt', 'SECOND\n');
    const second = await here.run(BACKUP);
    here.remove('a.txt');
    const third = await here.run(BACKUP);
    const subjects = [first, second, third].map(({ commit }) => commit.message?.split('\n')[0]);
    expect(subjects).toEqual(['Added a.txt', 'Modified a.txt', 'Removed a.txt']);
    expect(world.hubHistory()).toMatch(/FIRST[\s\S]*SECOND|SECOND[\s\S]*FIRST/);
    expect(third.verdict).toBe('synced');
  });

  it('goes on after a commit by hand, which stays on this machine but for its content', async () => {
    here.write('a.txt', 'BY-HAND\n');
    await here.run(BACKUP);
    here.commit('by hand');
    const hub = world.hubHead();
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced' });
    here.write('a.txt', 'LATER\n');
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(world.hubHead()).toBe(hub);
    expect(world.hubHistory()).toContain('LATER');
    here.send();
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced' });
    expect(await there.run()).toMatchObject({ verdict: 'synced' });
    expect(there.read('a.txt')).toBe('BY-HAND\n');
  });

  it('is kept here while the hub is out of reach, and sent when it is back', async () => {
    vcs.knowHubs(here, { [vcs.hubName]: `${world.hub}-gone` });
    here.write('a.txt', 'OFFLINE\n');
    const report = await here.run(BACKUP);
    expect(report.verdict).not.toBe('synced');
    expect(report.commit.kind).toBe('committed');
    vcs.knowHubs(here, { [vcs.hubName]: world.hub });
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(here.savedAside()).toBe(report.commit.id);
  });

  it('continues what a machine of its name, set up anew, has backed up before', async () => {
    here.write('a.txt', 'OLD-DISK\n');
    await here.run(BACKUP);
    const again = world.add('again');
    again.write('b.txt', 'NEW-DISK\n');
    const settings = { ...BACKUP, machine: 'here' };
    expect(await again.run(settings)).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(await again.run(settings)).toMatchObject({ verdict: 'synced', push: { kind: 'nothing-to-push' } });
    const history = world.hubHistory();
    for (const token of ['OLD-DISK', 'NEW-DISK']) expect(history).toContain(token);
  });

  it('says what is missing when the hub refuses it', async () => {
    vcs.refuse(world, 'no');
    here.write('a.txt', 'a\n');
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'attention', push: { kind: 'rejected' } });
    vcs.accept(world);
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced' });
  });

  it('commits nothing where only a look was asked for', async () => {
    here.write('a.txt', 'a\n');
    const report = await here.run(BACKUP, { dryRun: true });
    expect(report.commit).toEqual({ kind: 'skipped', changes: [{ type: 'added', path: 'a.txt' }] });
    expect(world.hubHistory()).not.toContain('a.txt');
  });

  it('tells what is in no backup yet', async () => {
    here.write('a.txt', 'a\n');
    await here.run(BACKUP);
    const tree = await here.open(BACKUP);
    expect(await tree.uncommitted()).toEqual([]);
    here.write('b.txt', 'b\n');
    here.write('a.txt', 'other\n');
    expect([...(await tree.uncommitted())].sort()).toEqual(['a.txt', 'b.txt']);
    expect(await tree.unpushed(world.branch)).toBe(0);
  });

  it('and a snapshot set aside in the mode sync follow each other', async () => {
    here.write('README.md', 'BACKED-UP\n');
    await here.run(BACKUP);
    there.write('README.md', 'THEIRS\n');
    await there.run();
    const paused = await here.run({ conflict: 'pause' });
    expect(paused).toMatchObject({ verdict: 'conflict', why: expect.stringContaining('the work is safe') });
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced' });
  });
}

/** Every version control system keeps this in the mode `follow`. */
function following(vcs: VcsHarness): void {
  beforeEach(() => begin(vcs));
  afterEach(() => world.remove());

  it("pushes the person's own commits and takes no snapshot", async () => {
    here.write('a.txt', 'COMMITTED\n');
    here.commit('by hand');
    here.write('b.txt', 'not committed\n');
    const head = here.head();
    expect(await here.run(FOLLOW)).toMatchObject({
      verdict: 'synced',
      commit: { kind: 'skipped' },
      push: { kind: 'pushed', commits: 1 },
    });
    expect([here.head(), world.hubHead()]).toEqual([head, head]);
    expect(here.has('b.txt')).toBe(true);
    expect(world.hubHistory()).not.toContain('not committed');
  });

  it("brings others' commits in around what is not committed", async () => {
    there.write('theirs.txt', 'THEIRS\n');
    await there.run();
    here.write('README.md', 'not committed\n');
    here.write('mine.txt', 'mine\n');
    expect(await here.run(FOLLOW)).toMatchObject({
      verdict: 'synced',
      integrate: { kind: 'fast-forwarded', files: 1, conflicts: [] },
    });
    expect(here.files()).toEqual({
      'README.md': 'not committed\n',
      'mine.txt': 'mine\n',
      'theirs.txt': 'THEIRS\n',
    });
    expect(here.head()).toBe(there.head());
  });

  it.each([
    ['an edited file', 'README.md'],
    ['a new file', 'new.txt'],
  ])('waits for a person where %s is in the way', async (_, path) => {
    there.write(path, 'THEIRS\n');
    await there.run();
    here.write(path, 'mine\n');
    const state = [here.files(), here.head()];
    expect(await here.run(FOLLOW)).toMatchObject({
      verdict: 'blocked',
      blocked: { kind: 'in-the-way', hint: expect.stringContaining(`'${path}'`) },
    });
    expect([here.files(), here.head()]).toEqual(state);
    here.remove(path);
    if (path === 'README.md') here.write(path, 'hello\n');
    expect(await here.run(FOLLOW)).toMatchObject({ verdict: 'synced' });
    expect(here.read(path)).toBe('THEIRS\n');
  });

  it('waits for a person where an ignored file is in the way', async () => {
    vcs.ignore(here, '*.log');
    here.write('a.log', 'mine\n');
    there.write('a.log', 'THEIRS\n');
    there.commit('by hand');
    there.send();
    expect(await here.run(FOLLOW)).toMatchObject({ verdict: 'blocked', blocked: { kind: 'in-the-way' } });
    expect(here.read('a.log')).toBe('mine\n');
  });

  it('waits for a person where both have committed, and never merges', async () => {
    there.write('theirs.txt', 'THEIRS\n');
    await there.run();
    here.write('mine.txt', 'MINE\n');
    here.commit('by hand');
    const head = here.head();
    expect(await here.run(FOLLOW)).toMatchObject({
      verdict: 'blocked',
      blocked: { kind: 'diverged', hint: expect.stringContaining('merge') },
    });
    expect(here.head()).toBe(head);
    expect(here.has('theirs.txt')).toBe(false);
  });

  it('takes nothing for in step while the hub is out of reach', async () => {
    vcs.knowHubs(here, { [vcs.hubName]: `${world.hub}-gone` });
    expect((await here.run(FOLLOW)).verdict).not.toBe('synced');
  });
}

describe.each(HARNESSES)('$name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('in the mode backup', () => backups(vcs));
  describe.skipIf(!needs(vcs.name))('in the mode follow', () => following(vcs));
});

describe("a backup of git's", () => {
  it('takes a commit that is being composed as it stands in the files, and leaves the index to it', async () => {
    begin(gitHarness);
    here.write('a.txt', 'STAGED\n');
    here.command('add', 'a.txt');
    here.write('a.txt', 'IN-THE-FILE\n');
    const staged = here.command('diff', '--cached');
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', blocked: null });
    expect(here.command('diff', '--cached')).toBe(staged);
    expect(here.command('show', `${here.savedAside()}:a.txt`)).toBe('IN-THE-FILE');
    world.remove();
  });

  it('is begun anew where somebody has removed its branch on the hub, without what that held', async () => {
    begin(gitHarness);
    here.write('a.txt', 'PURGED\n');
    await here.run(BACKUP);
    here.command('push', '-q', 'origin', ':refs/heads/autosync/here/main');
    here.write('a.txt', 'ANEW\n');
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(world.hubHistory()).toContain('ANEW');
    expect(world.hubHistory()).not.toContain('PURGED');
    world.remove();
  });
});

describe.skipIf(!needs('hg'))("a backup of Mercurial's", () => {
  it('leaves the commits that were made by hand private, so that they can be amended', async () => {
    begin(hgHarness);
    here.write('a.txt', 'FIRST\n');
    here.commit('by hand');
    here.write('b.txt', 'SECOND\n');
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced' });
    expect(here.command('log', '-r', '.', '-T', '{phase} {desc}')).toBe('draft by hand');
    here.command('commit', '--amend', '-q', '-A', '-m', 'amended');
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
    expect(world.hubHistory()).not.toContain('by hand');
    world.remove();
  });

  it('says that it does not send what is secret', async () => {
    begin(hgHarness);
    here.write('a.txt', 'SECRET\n');
    here.commit('by hand');
    here.command('phase', '--secret', '--force', '-r', '.');
    const report = await here.run(BACKUP);
    expect(report).toMatchObject({ verdict: 'attention', why: expect.stringContaining('is secret') });
    expect(world.hubHistory()).not.toContain('SECRET');
    world.remove();
  });

  it('holds all files where the hub has lost what they stand on, also where nothing has changed', async () => {
    begin(hgHarness);
    hgHarness.takeBack(world, 'branch');
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
    expect(hg(world.hub, 'files', '-r', here.savedAside())).toBe('README.md');
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', push: { kind: 'nothing-to-push' } });
    hgHarness.takeBack(world, 'branch');
    expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
    expect(hg(world.hub, 'files', '-r', here.savedAside())).toBe('README.md');
    world.remove();
  });

  it.each(['at once', 'while the hub was out of reach', 'after another one'])(
    'made %s does not bring back what was purged',
    async (when) => {
      begin(hgHarness);
      there.write('a.txt', 'PURGED\n');
      await there.run();
      here.command('pull', '-q', '--update');
      here.write('a.txt', 'ANEW\n');
      if (when === 'while the hub was out of reach')
        expect(await here.run(BACKUP, { push: false })).toMatchObject({ commit: { kind: 'committed' } });
      if (when === 'after another one') await here.run(BACKUP);
      // A bookmark then stands on what was before.
      hg(world.hub, '--config', 'extensions.strip=', 'strip', '-q', '--no-backup', '-r', there.head());
      expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
      expect(world.hubHistory()).toContain('ANEW');
      expect(world.hubHistory()).not.toContain('PURGED');
      world.remove();
    },
  );
});

describe.skipIf(!needs('hg'))("a backup of Mercurial's to a hub that does not publish", () => {
  const strip = (revision: string): void =>
    void hg(world.hub, '--config', 'extensions.strip=', 'strip', '-q', '--no-backup', '-r', revision);

  it.each(['the last one', 'all of them', 'all of them, and the bookmark'])(
    'does not bring back what was taken away there (%s)',
    async (what) => {
      begin(hgHarness);
      writeFileSync(join(world.hub, '.hg/hgrc'), '[phases]\npublish = false\n');
      for (const top of [world.hub, here.top]) hg(top, 'phase', '--force', '--draft', '-r', 'all()');
      here.write('a.txt', 'FIRST\n');
      expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
      const first = here.savedAside();
      here.write('a.txt', 'PURGED\n');
      expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
      expect(await (await here.open(BACKUP)).unpushed(world.branch)).toBe(0);
      strip(what === 'the last one' ? 'tip' : first);
      if (what.endsWith('the bookmark')) hg(world.hub, 'bookmark', '-q', '--delete', 'autosync/here/default');
      here.write('a.txt', 'ANEW\n');
      expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
      expect(world.hubHistory()).toContain('ANEW');
      expect(world.hubHistory()).not.toContain('PURGED');
      expect(hg(world.hub, 'files', '-r', here.savedAside())).toBe('README.md\na.txt');
      expect(await (await here.open(BACKUP)).unpushed(world.branch)).toBe(0);
      // Nothing stands on what he may still amend.
      here.commit('by hand');
      here.command('commit', '--amend', '-q', '-m', 'amended');
      expect(await here.run(BACKUP)).toMatchObject({ verdict: 'synced', push: { kind: 'nothing-to-push' } });
      world.remove();
    },
  );
});
