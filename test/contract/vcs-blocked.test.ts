import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { wholeState } from '../support/oracles.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

/** Something that a person has begun and not ended: its name, what we call it, how it is entered. */
type State = readonly [name: string, kind: string, enter: (here: Desk) => void];

/** Runs git, which may fail: in a conflict it does. */
const attemptGit =
  (...args: readonly string[]) =>
  ({ top }: Desk): void =>
    void spawnSync('git', args, { cwd: top, env: { ...process.env, GIT_EDITOR: 'true' } });

const HG_OPTIONS = ['ui.merge=internal:merge', 'extensions.rebase=', 'extensions.shelve=', 'extensions.histedit='];

/** Runs hg, which may fail as well. */
const attemptHg =
  (...args: readonly string[]) =>
  ({ top }: Desk): void => {
    const options = HG_OPTIONS.flatMap((option) => ['--config', option]);
    spawnSync('hg', [...options, ...args], { cwd: top, env: { ...process.env, HGPLAIN: '1', HGEDITOR: 'true' } });
  };

/** In the states of both, README.md differs between two ends; the working tree stands on the newer one. */
const STATES: Readonly<Record<VcsHarness['name'], readonly State[]>> = {
  git: [
    ['a merge', 'merge', attemptGit('merge', 'other')],
    ['a merge without a conflict', 'merge', attemptGit('merge', '--no-commit', '-s', 'ours', 'other')],
    ['a rebase', 'rebase', attemptGit('rebase', 'other')],
    ['a rebase with the old machinery', 'rebase', attemptGit('rebase', '--apply', 'other')],
    ['a cherry-pick', 'cherry-pick', attemptGit('cherry-pick', 'other')],
    ['a revert', 'revert', attemptGit('revert', '--no-commit', 'HEAD')],
    ['a bisect', 'bisect', attemptGit('bisect', 'start', 'HEAD', 'HEAD~1')],
    ['a detached head', 'detached', attemptGit('switch', '-q', '--detach')],
    ['an unresolved stash', 'unresolved', unstash(attemptGit('stash'), attemptGit('stash', 'pop'))],
  ],
  hg: [
    ['a merge', 'merge', attemptHg('merge', '-r', '1')],
    ['a merge without a conflict', 'merge', attemptHg('merge', '--tool', 'internal:local', '-r', '1')],
    ['a rebase', 'rebase', attemptHg('rebase', '-s', '2', '-d', '1')],
    ['a graft', 'graft', attemptHg('graft', '-r', '1')],
    ['a histedit', 'histedit', histedit],
    ['an unresolved shelve', 'shelve', unstash(attemptHg('shelve'), attemptHg('unshelve'))],
    ['a bisect', 'bisect', attemptHg('bisect', '--bad', '2')],
    ['an update that was interrupted', 'update', interruptedUpdate],
    ['an update with conflicts', 'unresolved', update],
  ],
};

/** Puts a change away, commits another one in its place, and fetches the first back. */
function unstash(away: (here: Desk) => void, back: (here: Desk) => void): (here: Desk) => void {
  return (here) => {
    here.write('README.md', 'stashed\n');
    away(here);
    here.write('README.md', 'since\n');
    here.commit('since');
    back(here);
  };
}

function histedit(here: Desk): void {
  const plan = join(here.top, '.hg/plan');
  writeFileSync(plan, `edit ${here.head().slice(0, 12)}\n`);
  attemptHg('histedit', '-r', '2', '--commands', plan)(here);
}

function interruptedUpdate({ top }: Desk): void {
  writeFileSync(join(top, '.hg/updatestate'), `${'0'.repeat(40)}\n`);
}

function update(here: Desk): void {
  here.write('README.md', 'edited\n');
  attemptHg('update', '--merge', '-r', '1')(here);
}

/** Makes two ends that conflict in README.md; the working tree stands on the second. */
function diverge(here: Desk): void {
  const before = here.vcs === 'git' ? here.branch() : '0';
  if (here.vcs === 'git') here.branchOff('other');
  here.write('README.md', 'other\n');
  here.commit('other');
  here.switchTo(before);
  here.write('README.md', 'main\n');
  here.commit('main');
}

/** Every version control system passes this. */
function contract(vcs: VcsHarness): void {
  let world: World<Desk>;
  let here: Desk;
  let there: Desk;

  beforeEach(() => {
    world = vcs.createWorld('here', 'there');
    [here, there] = world.machines as [Desk, Desk];
  });
  afterEach(() => world.remove());

  describe.each(STATES[vcs.name])('in the middle of %s', (_name, kind, enter) => {
    it('not a byte is touched, and it is said how to end it', async () => {
      diverge(here);
      enter(here);
      here.write('new.txt', 'new\n');
      there.write('theirs.txt', 'theirs\n');
      await there.run();
      const before = wholeState(here);
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind } });
      expect(report.why).toContain(`${vcs.name} `);
      expect(wholeState(here)).toEqual(before);
    });
  });

  describe('a branch switched by hand', () => {
    it('is synchronised under its own name', async () => {
      const before = here.head();
      here.branchOff('feature');
      here.write('a.txt', 'a\n');
      expect(await here.run()).toMatchObject({ verdict: 'synced', branch: 'feature' });
      expect(world.hubHead('feature')).toBe(here.head());
      expect(world.hubHead()).toBe(before);
    });

    it.each(['x;touch$IFS-pwned', 'ünï/cödé', '$(touch-pwned)', '%s', "it's", '-x'])(
      'may be named %j',
      async (branch) => {
        here.branchOff(branch);
        here.write('a.txt', 'a\n');
        expect(await here.run()).toMatchObject({ verdict: 'synced', branch });
        expect(world.hubHead(branch)).toBe(here.head());
        expect(Object.keys(here.files())).toEqual(['README.md', 'a.txt']);
      },
    );

    it('while a placement was being planned makes the run start again', async () => {
      there.write('theirs.txt', 'theirs\n');
      await there.run();
      const tree = await here.open();
      const state = await tree.inspect();
      const fetched = await tree.fetch(state);
      if (fetched.kind !== 'fetched') throw new Error('not fetched');
      here.branchOff('other');
      const { hub } = fetched;
      const request = {
        branch: world.branch,
        head: state.head,
        hub,
        policy: 'keep-both',
        mostCopies: 20,
        quarantined: [],
        displace: true,
      } as const;
      expect(await tree.integrate(request)).toMatchObject({ kind: 'changed-meanwhile' });
      expect(here.has('theirs.txt')).toBe(false);
      expect(here.status()).toBe('');
    });
  });
}

describe.each(HARNESSES)('$name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('a working tree', () => contract(vcs));
});
