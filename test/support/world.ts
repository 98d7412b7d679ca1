import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git as gitSystem } from '../../src/vcs/git/index.js';
import { type Desk, deskAt } from './desk.js';
import { removeFolder } from './remove-folder.js';

/** Runs raw git, as a test sets things up and looks at them; returns its output without the last newline. */
export function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', [...args], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).replace(
    /\n$/,
    '',
  );
}

/** One machine's working tree under git. */
export type Machine = Desk & { readonly git: (...args: readonly string[]) => string };

/** A hub and some machines, each a clone of it; git's unless it is said. */
export type World<M extends Desk = Machine> = {
  readonly folder: string;
  readonly hub: string;
  /** The branch on which all begins. */
  readonly branch: string;
  readonly machines: readonly M[];
  readonly add: (name: string) => M;
  /** The id of the hub's commit of a branch; of the one on which all begins unless it is said. */
  readonly hubHead: (branch?: string) => string;
  /** Every change of every commit that the hub has, as text. */
  readonly hubHistory: () => string;
  readonly remove: () => void;
};

/** How worlds, and clones in them, are copied: nothing in the copy tells it from what was made. */
export const COPY = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true } as const;

/** Worlds that were made in this process, by their machines' names: copying one is quicker than making another. */
const templates = new Map<string, string>();

/** Makes a hub with one commit (`README.md`) on `main`, and machines of the given names. */
export function createWorld(...names: readonly string[]): World {
  const key = names.join('/');
  const template = templates.get(key) ?? buildWorld(names);
  templates.set(key, template);
  const folder = mkdtempSync(join(tmpdir(), 'world-'));
  cpSync(template, folder, COPY);
  for (const name of names) {
    const config = join(folder, name, '.git', 'config');
    writeFileSync(config, readFileSync(config, 'utf8').replaceAll(template, folder));
  }
  return worldAt(folder, names);
}

function buildWorld(names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'template-'));
  const hub = join(folder, 'hub.git');
  git(folder, 'init', '-q', '--bare', '-b', 'main', hub);
  const seed = join(folder, 'seed');
  git(folder, 'clone', '-q', hub, seed);
  writeFileSync(join(seed, 'README.md'), 'hello\n');
  git(seed, 'add', '.');
  git(seed, 'commit', '-q', '-m', 'first');
  git(seed, 'push', '-q', 'origin', 'HEAD:main');
  rmSync(seed, { recursive: true });
  const [first = '', ...others] = names;
  if (names.length > 0) git(folder, 'clone', '-q', hub, join(folder, first));
  for (const name of others) cpSync(join(folder, first), join(folder, name), COPY);
  return folder;
}

function worldAt(folder: string, names: readonly string[]): World {
  const hub = join(folder, 'hub.git');
  const machines = names.map((name) => machineAt(join(folder, name), name));
  return {
    folder,
    hub,
    branch: 'main',
    machines,
    add: (name) => {
      const top = join(folder, name);
      git(folder, 'clone', '-q', hub, top);
      return machineAt(top, name);
    },
    hubHead: (branch = 'main') => git(hub, 'rev-parse', `refs/heads/${branch}`),
    hubHistory: () => git(hub, 'log', '--all', '-p', '--format=%B'),
    remove: () => removeFolder(folder),
  };
}

/** Returns the machine whose working tree stands at a path. */
export function machineAt(top: string, name: string): Machine {
  const machine = deskAt(gitSystem, top, name);
  const run: Machine['git'] = (...args) => git(top, ...args);
  return {
    ...machine,
    git: run,
    command: run,
    head: () => run('rev-parse', '--verify', 'HEAD'),
    messages: () =>
      run('log', '-z', '--format=%B')
        .split('\0')
        .map((text) => text.trimEnd()),
    committed: () => run('ls-tree', '-r', '-z', '--name-only', 'HEAD').split('\0').slice(0, -1),
    status: () => run('status', '--porcelain'),
    verify: () => run('fsck', '--no-dangling'),
    commit: (message, ...paths) => {
      run('add', '-A', '--', ...(paths.length === 0 ? ['.'] : paths));
      run('commit', '-q', '-m', message);
    },
    send: () => void run('push', '-q', 'origin', 'HEAD:main'),
    branch: () => run('symbolic-ref', '--short', 'HEAD'),
    branchOff: (branch) => {
      // `git switch` takes no name with a dash in front, which other programs make all the same.
      run('update-ref', `refs/heads/${branch}`, 'HEAD');
      run('symbolic-ref', 'HEAD', `refs/heads/${branch}`);
    },
    switchTo: (branch) => void run('switch', '-q', branch),
    savedAside: () => run('ls-remote', 'origin', `refs/heads/autosync/${name}/main`).split('\t')[0] ?? '',
  };
}
