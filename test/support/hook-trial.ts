import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { InstallWish } from '../../src/commands/install-settings.js';
import { inspectCandidate, install } from '../../src/commands/installation.js';
import { command as uninstallCommand } from '../../src/commands/uninstall.js';
import { wire } from '../../src/commands/wiring.js';
import { sweep } from '../../src/engine/sweep.js';
import { targetOf } from '../../src/engine/target.js';
import { unattended } from '../../src/engine/visit.js';
import type { HookEvent, HookResult } from '../../src/hooks/hook-installer.js';
import { asAbsolute } from '../../src/model/paths.js';
import { parseSchedule } from '../../src/scheduler/schedule-text.js';
import { readRepo } from '../../src/store/registry.js';
import { type HookManager, type HookPlace, readOrEmpty, sharedHooks } from './hook-managers.js';
import { contentsOf } from './hook-world.js';
import { createWorld, git } from './world.js';

/** An installation with hooks, and without a scheduler. */
export const WISH: InstallWish = { settings: {}, scheduler: 'none', hooks: true, dryRun: false, json: true };

/** How often a tool's hook and ours ran at one event. */
export type Ran = { readonly theirs: number; readonly ours: number };

/** A repository in which a tool keeps hooks, and all that happens to it. */
export type HookTrial = {
  readonly place: HookPlace;
  /** Installs the tool's hooks, for the first time or again. */
  readonly installTheirs: () => void;
  readonly installOurs: (hooks?: boolean) => Promise<HookResult | { readonly kind: 'not-wanted' }>;
  readonly uninstallOurs: () => Promise<void>;
  /** Makes a run as the scheduler does. */
  readonly tick: () => Promise<void>;
  /** Brings each event about, and counts what ran. */
  readonly fire: () => Readonly<Record<HookEvent, Ran>>;
  /** All that can tell of hooks, byte for byte: the hooks folders, the configuration, what git is told to ignore. */
  readonly traces: () => readonly string[];
  /** The same, to compare with another clone: git-lfs writes its settings in any order, so that their lines are sorted. */
  readonly sortedTraces: () => readonly string[];
  readonly remove: () => void;
};

/** Makes a clone of a hub, with the files that belong to a tool, but no hooks yet. */
export function hookTrial(manager: HookManager): HookTrial {
  const world = createWorld('clone');
  const clone = join(world.folder, 'clone');
  const top = manager.place?.(clone) ?? clone;
  const place = { top, said: join(world.folder, 'said') };
  commitFiles(place, manager.files?.(place) ?? {});
  let id = '';
  return {
    place,
    installTheirs: () => manager.install(place),
    installOurs: async (hooks = true) => {
      const wiring = wire();
      const tree = await inspectCandidate(wiring, asAbsolute(top), WISH);
      const { repos } = await install(wiring, [tree], { ...WISH, hooks });
      const [repo] = repos;
      if (repo === undefined) throw new Error('nothing was installed');
      id = repo.registration.id;
      recordCalls(wiring.locations.launcher, calls(place));
      return repo.hooks;
    },
    uninstallOurs: async () => void (await uninstallCommand.run({ repo: [top] })),
    tick: async () => {
      const { engine, locations } = wire();
      const repo = readRepo(locations, { id, parseSchedule });
      if (repo === undefined) throw new Error(`'${id}' is not installed`);
      const [report] = await sweep(engine, [targetOf(repo)], unattended('scheduler'));
      if (report?.verdict !== 'synced') throw new Error(`the run was ${report?.verdict}: ${report?.why}`);
    },
    fire: () => ({
      'post-commit': fireOne(manager, place, 'post-commit'),
      'post-merge': fireOne(manager, place, 'post-merge'),
      'post-rewrite': fireOne(manager, place, 'post-rewrite'),
    }),
    traces: () => tracesOf(world.folder, top),
    sortedTraces: () => tracesOf(world.folder, top).map((trace) => trace.split('\n').sort().join('\n')),
    remove: () => {
      world.remove();
      rmSync(sharedHooks(), { recursive: true, force: true });
      spawnSync('git', ['config', '--global', '--unset', 'core.hooksPath']);
    },
  };
}

const calls = ({ said }: HookPlace): string => `${said}-by-ours`;

function commitFiles({ top }: HookPlace, files: Readonly<Record<string, string>>): void {
  if (Object.keys(files).length === 0) return;
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), content, { mode: 0o755 });
  }
  git(top, 'add', '.');
  git(top, 'commit', '-q', '-m', 'What belongs to the hooks');
  git(top, 'push', '-q');
}

/** Puts a launcher in the place of ours that only writes down how it is called; it has to be taken for ours later on. */
function recordCalls(launcher: string, file: string): void {
  writeFileSync(launcher, `#!/bin/sh\n# autosync's launcher\necho "$*" >>'${file}'\n`, { mode: 0o755 });
}

const ACTIONS: Readonly<Record<HookEvent, (top: string, env: NodeJS.ProcessEnv) => void>> = {
  'post-commit': (top, env) => act(top, env, 'commit', '--quiet', '--allow-empty', '-m', 'by hand'),
  'post-merge': (top, env) => {
    const next = git(top, 'commit-tree', '-p', 'HEAD', '-m', 'elsewhere', 'HEAD^{tree}');
    act(top, env, 'merge', '--quiet', '--ff-only', next);
  },
  'post-rewrite': (top, env) => act(top, env, 'commit', '--quiet', '--allow-empty', '--amend', '-m', 'again'),
};

/** Runs git and waits for all that hooks leave running: for the end of a file that nobody on the way closes. */
function act(top: string, env: NodeJS.ProcessEnv, ...args: readonly string[]): void {
  const stdio = ['ignore', 'pipe', 'pipe', ...Array(6).fill('ignore'), 'pipe'] as const;
  const result = spawnSync('git', args, { cwd: top, env, stdio: [...stdio], encoding: 'utf8', timeout: 240_000 });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) throw new Error(`git ${args.join(' ')}: ${result.stderr}`);
}

const linesIn = (text: string, line: string): number => text.split('\n').filter((found) => found === line).length;

function fireOne({ ran }: HookManager, place: HookPlace, event: HookEvent): Ran {
  const trace = `${place.said}-trace`;
  for (const file of [trace, place.said, calls(place)]) rmSync(file, { force: true });
  ACTIONS[event](place.top, { ...process.env, GIT_TRACE: trace });
  const output = { said: readOrEmpty(place.said), trace: readOrEmpty(trace) };
  return {
    theirs: ran?.(event, output) ?? linesIn(output.said, event),
    ours: linesIn(readOrEmpty(calls(place)), `hook ${event}`),
  };
}

function tracesOf(folder: string, top: string): readonly string[] {
  const ask = (...args: readonly string[]): string => git(top, 'rev-parse', '--path-format=absolute', ...args);
  const common = ask('--git-common-dir');
  const places = [join(common, 'hooks'), join(top, '.husky'), join(top, 'hooks'), sharedHooks()];
  const status = git(top, 'status', '--porcelain');
  const config = readFileSync(join(common, 'config'), 'latin1');
  const exclude = readOrEmpty(join(common, 'info', 'exclude'));
  const leftover = existsSync(join(ask('--git-dir'), 'autosync')) ? 'our folder is still there' : 'our folder is gone';
  const inFolders = places.flatMap((place) => [relative(folder, place), ...contentsOf(place)]);
  return [...inFolders, config, exclude, status, leftover].map((line) => line.replaceAll(folder, '…'));
}
