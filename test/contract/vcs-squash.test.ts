import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../src/model/repo.js';
import type { RepoReport } from '../../src/model/report.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';
import { createWorld, type Machine, machineAt, type World } from '../support/world.js';

const SITTING: Partial<Settings> = { squashSeconds: 3600 };

describe('squashing unpublished snapshots', () => {
  let world: World;
  let here: Machine;
  let there: Machine;

  beforeEach(() => {
    world = createWorld('here', 'there');
    [here, there] = world.machines as [Machine, Machine];
  });
  afterEach(() => world.remove());

  /** Saves a file and makes a run that sends nothing. */
  async function keep(name: string, content: string, settings = SITTING): Promise<string> {
    here.write(name, content);
    await here.run(settings, { push: false });
    return here.head();
  }
  const publish = (settings = SITTING): Promise<RepoReport> => here.run(settings);
  const tree = (): string => here.git('rev-parse', 'HEAD^{tree}');
  const subjects = (): readonly string[] => here.git('log', '--format=%s').split('\n');

  it('makes one commit of them when they are sent, of the very same files, and tells what happened', async () => {
    await keep('a.md', 'one\n');
    await keep('a.md', 'one\ntwo\n');
    const tip = await keep('b.md', 'other\n');
    const before = tree();
    expect(subjects()).toHaveLength(4);
    expect(await publish()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
    expect([tree(), here.status()]).toEqual([before, '']);
    expect(here.messages()[0]).toBe('Added 2\n\nAdded a.md\nAdded b.md\n\nAutosync-Machine: here');
    expect(subjects()).toHaveLength(2);
    expect(here.git('for-each-ref', '--format=%(objectname)', 'refs/autosync/pin/')).toContain(tip);
    expect([world.hubHead(), here.verify()]).toEqual([here.head(), '']);
    expect(await there.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded', files: 2 } });
    const head = here.head();
    expect([(await publish()).verdict, here.head()]).toEqual(['synced', head]);
  });

  it('takes what the run itself commits along, and says under which name it stands', async () => {
    await keep('a.md', 'one\n');
    here.write('a.md', 'two\n');
    expect((await publish()).commit).toMatchObject({ kind: 'committed', id: here.head() });
    expect(subjects()).toEqual(['Added a.md', 'first']);
  });

  it('comes before the merge with what another machine sent', async () => {
    there.write('c.md', 'theirs\n');
    await there.run();
    await keep('a.md', 'one\n', { ...SITTING, conflict: 'pause' });
    await here.run({ ...SITTING }, { pull: false, push: false });
    await keep('b.md', 'two\n');
    await publish();
    expect(here.files()).toMatchObject({ 'a.md': 'one\n', 'b.md': 'two\n', 'c.md': 'theirs\n' });
    expect(world.hubHead()).toBe(here.head());
  });

  it('leaves a commit of the person as it is, with all that it stands on', async () => {
    await keep('a.md', 'one\n');
    await keep('a.md', 'two\n');
    here.write('mine.md', 'by hand\n');
    here.commit('By hand');
    const byHand = here.head();
    await keep('b.md', 'one\n');
    await keep('b.md', 'two\n');
    await publish();
    expect(here.git('rev-parse', 'HEAD^')).toBe(byHand);
    expect(subjects()).toEqual(['Added b.md', 'By hand', 'Modified a.md', 'Added a.md', 'first']);
  });

  it('leaves a snapshot that the person has amended, which keeps its trailer', async () => {
    await keep('a.md', 'one\n');
    await keep('b.md', 'two\n');
    here.git('commit', '-q', '--amend', '-m', 'What I mean\n\nAutosync-Machine: here');
    const amended = here.head();
    await publish();
    expect(here.head()).toBe(amended);
  });

  it.each([
    ['a tag', 'tag', 'kept'],
    ['another branch', 'branch', 'kept'],
    ['a remote ref', 'update-ref', 'refs/remotes/elsewhere/main'],
  ])('leaves what %s has, too', async (_what, command, name) => {
    await keep('a.md', 'one\n');
    const shared = await keep('a.md', 'two\n');
    here.git(command, name, 'HEAD');
    await keep('b.md', 'one\n');
    await keep('b.md', 'two\n');
    await publish();
    expect(here.git('rev-parse', 'HEAD^')).toBe(shared);
    expect(subjects()).toHaveLength(4);
  });

  it.each([
    ['a branch that no ref here follows', 'refs/heads/backup'],
    ['a change under review', 'refs/changes/01/1/1'],
    ['a tag', 'refs/tags/sent'],
  ])('leaves what the hub has in %s, sent to its URL', async (_what, ref) => {
    await keep('a.md', 'one\n');
    const shared = await keep('a.md', 'two\n');
    here.git('push', '-q', world.hub, `HEAD:${ref}`);
    await keep('b.md', 'one\n');
    await keep('b.md', 'two\n');
    await publish();
    expect(here.git('rev-parse', 'HEAD^')).toBe(shared);
    expect(subjects()).toHaveLength(4);
  });

  it('leaves what another working tree stands on, detached or on a branch', async () => {
    await keep('a.md', 'one\n');
    const branched = await keep('a.md', 'two\n');
    here.git('worktree', 'add', '-q', '-b', 'idea', join(world.folder, 'idea'));
    await keep('b.md', 'one\n');
    const detached = await keep('b.md', 'two\n');
    here.git('worktree', 'add', '-q', '--detach', join(world.folder, 'review'));
    await keep('c.md', 'one\n');
    await keep('c.md', 'two\n');
    await publish();
    expect(here.git('rev-parse', 'HEAD^')).toBe(detached);
    expect(here.git('rev-list', 'HEAD').split('\n')).toContain(branched);
    expect(subjects()).toHaveLength(6);
  });

  it('squashes in a linked working tree, too, whatever the main one stands on', async () => {
    const linked = machineAt(join(world.folder, 'linked'), 'here');
    here.git('worktree', 'add', '-q', '-b', 'idea', linked.top);
    await linked.run(SITTING);
    here.write('mine.md', 'mine\n');
    here.commit('By hand');
    here.git('switch', '-q', '--detach');
    for (const content of ['one\n', 'two\n']) {
      linked.write('a.md', content);
      await linked.run(SITTING, { push: false });
    }
    // With the one that was left on main.
    expect(await linked.run(SITTING)).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 2 } });
    expect(linked.git('log', '--format=%s').split('\n')).toEqual(['Added a.md', 'first']);
  });

  it('leaves all as it is while something is staged, while it is not quiet, and unless it is asked for', async () => {
    await keep('a.md', 'one\n');
    const tip = await keep('a.md', 'two\n');
    await here.run(SITTING, { push: false });
    expect(here.head()).toBe(tip);
    here.write('large.bin', 'x'.repeat(500));
    here.git('add', 'large.bin');
    await here.run({ ...SITTING, maxFileBytes: 100 });
    expect([here.head(), here.git('diff', '--cached', '--name-only')]).toEqual([tip, 'large.bin']);
    expect(subjects()).toHaveLength(3);
    here.write('c.md', 'one\n');
    await here.run({ squashSeconds: 0, maxFileBytes: 100 });
    expect(subjects()).toHaveLength(4);
  });

  it('leaves what takes itself back, and a merge, as they are', async () => {
    await keep('a.md', 'one\n');
    here.remove('a.md');
    await here.run(SITTING, { push: false });
    await publish();
    expect(subjects()).toEqual(['Removed a.md', 'Added a.md', 'first']);
  });

  it('does nothing when somebody commits meanwhile', async () => {
    await keep('a.md', 'one\n');
    const head = await keep('a.md', 'two\n');
    const open = await here.open(SITTING);
    const hub = world.hubHead();
    here.git('commit', '-q', '--allow-empty', '-m', 'By hand');
    const byHand = here.head();
    const request = { branch: 'main', head, hub, isPublishing: true };
    expect(await open.squash(request)).toMatchObject({ kind: 'changed-meanwhile' });
    expect(here.head()).toBe(byHand);
  });

  it.each([
    ['the branch is held', (): void => writeFileSync(join(here.top, '.git/refs/heads/main.lock'), '')],
    ['the index is held', (): void => writeFileSync(join(here.top, '.git/index.lock'), '')],
    ['there can be no pin', (): void => void here.git('update-ref', 'refs/autosync/pin', 'origin/main')],
  ])('sends the snapshots as they are when %s, as by a git that died', async (_what, hinder) => {
    await keep('a.md', 'one\n');
    const tip = await keep('a.md', 'two\n');
    rmSync(join(here.top, '.git/refs/autosync/pin'), { recursive: true });
    hinder();
    expect(await publish()).toMatchObject({ push: { kind: 'pushed', commits: 2 } });
    expect([here.head(), world.hubHead()]).toEqual([tip, tip]);
  });

  it('gives the message to the hook commit-msg, as every message', async () => {
    hookOf(here, 'echo "Change-Id: $(git hash-object "$1")" >> "$1"');
    await keep('a.md', 'one\n');
    await keep('b.md', 'two\n');
    await publish();
    expect(here.messages()[0]).toMatch(
      /^Added 2\n\nAdded a\.md\nAdded b\.md\n\nAutosync-Machine: here\nChange-Id: \w+$/,
    );
  });

  it('leaves a sitting whose message that hook refuses, and sends it as it is', async () => {
    await keep('a.md', 'one\n');
    const tip = await keep('b.md', 'two\n');
    hookOf(here, 'exit 1');
    expect(await publish()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 2 } });
    expect(world.hubHead()).toBe(tip);
  });
});

/** Gives a machine the hook `commit-msg`. */
function hookOf({ top }: Machine, line: string): void {
  mkdirSync(join(top, '.git/hooks'), { recursive: true });
  writeFileSync(join(top, '.git/hooks/commit-msg'), `#!/bin/sh\n${line}\n`);
  chmodSync(join(top, '.git/hooks/commit-msg'), 0o755);
}

describe.each(HARNESSES.filter(({ name }) => needs(name)))('the setting squash, with $name', (vcs) => {
  it('loses no file and sends all', async () => {
    const world = vcs.createWorld('here', 'there');
    const [here, there] = world.machines as [Desk, Desk];
    for (const content of ['one\n', 'two\n', 'three\n']) {
      here.write('a.md', content);
      here.write(`${content.trim()}.md`, content);
      await here.run(SITTING, { push: false });
    }
    expect(await here.run(SITTING)).toMatchObject({ verdict: 'synced' });
    await there.run();
    expect(there.files()).toEqual(here.files());
    // hg has no way to do it: nothing is made of what is there.
    expect(here.messages().filter((text) => text !== '')).toHaveLength(vcs.name === 'git' ? 2 : 4);
    expect(here.verify()).toBe('');
    world.remove();
  });
});
