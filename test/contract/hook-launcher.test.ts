import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configHooks } from '../../src/hooks/config-hooks.js';
import { gitHooks } from '../../src/hooks/git-hooks.js';
import { readSpool } from '../../src/store/spool.js';
import { folderOfNewGit, putOnPath } from '../support/gits.js';
import { type HookWorld, hookWorld } from '../support/hook-world.js';
import { type LauncherWorkshop, launcherWorkshop } from '../support/launcher-workshop.js';

const newGit = folderOfNewGit();
const WAYS = [
  { way: 'by a script', installer: gitHooks, git: undefined },
  ...(newGit === undefined ? [] : [{ way: 'by the configuration', installer: configHooks, git: newGit }]),
];

/** Hooks, git and the launcher as they meet on a person's machine: what ends up in the spool. */
describe.each(WAYS)('autosync is told, $way,', ({ installer, git }) => {
  let world: HookWorld;
  let workshop: LauncherWorkshop;

  const commit = (file: string, content = file): void => {
    writeFileSync(join(world.repository, file), content);
    world.git('add', '--', file);
    world.git('commit', '--quiet', '-m', file);
  };

  let takeAway = (): void => {};
  beforeAll(() => {
    if (git !== undefined) takeAway = putOnPath(git);
  });
  afterAll(() => takeAway());

  /** Sets a history up of which autosync has not been told: `main` with one file, `side` with three others. */
  beforeEach(() => {
    world = hookWorld();
    workshop = launcherWorkshop();
    world.git('checkout', '--quiet', '-b', 'side');
    for (const file of ['a', 'b', 'c']) commit(file);
    world.git('checkout', '--quiet', 'main');
    commit('d');
    installer.install({ ...world.request, launcher: workshop.launcher });
  });

  const told = (): readonly string[] => [
    ...new Set(readSpool(workshop.spool).map(({ event, path }) => `${event} ${path}`)),
  ];
  const here = (event: string): string => `${event} ${world.repository}`;

  it('of a commit, wherever in the tree it is made', () => {
    mkdirSync(join(world.repository, 'folder'));
    world.git('-C', 'folder', 'commit', '--quiet', '--allow-empty', '-m', 'x');
    expect(told()).toEqual([here('post-commit')]);
    expect(workshop.answers()).toMatchObject([{ args: ['snapshot', '--spool'] }]);
  });

  it('of a commit in a linked work tree', () => {
    const linked = join(world.request.home, 'linked');
    world.git('worktree', 'add', '--quiet', linked, 'side');
    world.git('-C', linked, 'commit', '--quiet', '--allow-empty', '-m', 'x');
    expect(told()).toEqual([`post-commit ${linked}`]);
  });

  it.each(['--merge', '--apply'])('of a rebase when it is over: %s', (backend) => {
    world.git('rebase', '--quiet', backend, 'main', 'side');
    expect(told()).toContain(here('post-rewrite'));
  });

  it('of nothing while a rebase waits for the person, and of its end', () => {
    world.git('-c', 'sequence.editor=sed -i.bak s/^pick/edit/', 'rebase', '--quiet', '-i', 'main', 'side');
    world.git('commit', '--quiet', '--allow-empty', '-m', 'x');
    expect(told()).toEqual([]);
    for (let step = 0; step < 3; step += 1) world.git('-c', 'core.editor=true', 'rebase', '--continue');
    expect(told()).toContain(here('post-rewrite'));
  });

  it('of a series of picks', () => {
    world.git('cherry-pick', 'main..side');
    expect(told()).toEqual([here('post-commit')]);
  });

  it('of a merge', () => {
    world.git('merge', '--quiet', '--no-edit', 'side');
    expect(told()).toEqual([here('post-merge')]);
  });

  it('of a merge that the person had to conclude', () => {
    world.git('merge', '--quiet', '--no-commit', 'side');
    expect(told()).toEqual([]);
    world.git('commit', '--quiet', '--no-edit');
    expect(told()).toEqual([here('post-commit')]);
  });
});
