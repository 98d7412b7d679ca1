import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { commitMessages } from '../../src/engine/commit-message.js';
import { type TickRequest, tick } from '../../src/engine/tick.js';
import { asAbsolute } from '../../src/model/paths.js';
import type { Settings } from '../../src/model/repo.js';
import type { RepoReport, VcsKind } from '../../src/model/report.js';
import { systemClock } from '../../src/system/clock.js';
import { decodePath, fsPath } from '../../src/system/path-bytes.js';
import { git as gitSystem } from '../../src/vcs/git/index.js';
import type { Vcs, WorkingTree } from '../../src/vcs/vcs.js';

/** The settings that a test starts from: nothing waits, nothing tells anybody. */
export const SETTINGS: Settings = {
  machine: 'here',
  schedule: { kind: 'every', seconds: 300 },
  conflict: 'keep-both',
  remote: '',
  settleSeconds: 0.2,
  maxFileBytes: 100_000_000,
  message: '{event}',
  sign: false,
  trackedHooks: false,
  networkTimeoutSeconds: 20,
  notify: false,
  notifyCommand: [],
  notifyIncoming: false,
  offlineNewsHours: 8,
};

/** Runs raw git, as a test sets things up and looks at them; returns its output without the last newline. */
export function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', [...args], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).replace(
    /\n$/,
    '',
  );
}

/** What can be done and seen at any machine, whatever version control system it uses. */
export type Desk = {
  readonly name: string;
  readonly vcs: VcsKind;
  readonly top: string;
  readonly settings: Settings;
  readonly write: (path: string, content: string | Uint8Array) => void;
  readonly read: (path: string) => string;
  readonly has: (path: string) => boolean;
  readonly remove: (path: string) => void;
  readonly rename: (from: string, to: string) => void;
  readonly link: (target: string, path: string) => void;
  /** Everything in the working tree but the repository's metadata: path → content, a link as `-> target`. */
  readonly files: () => Record<string, string>;
  readonly open: (change?: Partial<Settings>) => Promise<WorkingTree>;
  readonly run: (change?: Partial<Settings>, request?: Partial<TickRequest>) => Promise<RepoReport>;
  /** Runs its own system's program there. */
  readonly command: (...args: readonly string[]) => string;
  /** The id of the commit that the working tree stands on. */
  readonly head: () => string;
  /** The messages of the commits that it stands on, newest first. */
  readonly messages: () => readonly string[];
  /** The paths of the commit that it stands on. */
  readonly committed: () => readonly string[];
  /** What its own system lists as not committed; empty when all is. */
  readonly status: () => string;
  /** What its own system finds wrong with the repository; empty when nothing is. */
  readonly verify: () => string;
  /** Commits some paths by hand, or everything. */
  readonly commit: (message: string, ...paths: readonly string[]) => void;
  /** Sends the branch to the hub by hand. */
  readonly send: () => void;
  readonly branch: () => string;
  /** Begins another branch where the working tree stands. */
  readonly branchOff: (name: string) => void;
  readonly switchTo: (branch: string) => void;
  /** The id of what this machine has set aside on the hub. */
  readonly savedAside: () => string;
};

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

/** Worlds that were made in this process, by their machines' names: copying one is quicker than making another. */
const templates = new Map<string, string>();

/** Makes a hub with one commit (`README.md`) on `main`, and machines of the given names. */
export function createWorld(...names: readonly string[]): World {
  const key = names.join('/');
  const template = templates.get(key) ?? buildWorld(names);
  templates.set(key, template);
  const folder = mkdtempSync(join(tmpdir(), 'world-'));
  cpSync(template, folder, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
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
  for (const name of names) git(folder, 'clone', '-q', hub, join(folder, name));
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
    remove: () => rmSync(folder, { recursive: true, force: true }),
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

/** What at a machine has nothing to do with its version control system. */
export type BareDesk = Pick<
  Desk,
  | 'name'
  | 'vcs'
  | 'top'
  | 'settings'
  | 'write'
  | 'read'
  | 'has'
  | 'remove'
  | 'rename'
  | 'link'
  | 'files'
  | 'open'
  | 'run'
>;

/** Returns what can be done at a working tree, whatever its version control system is. */
export function deskAt(system: Vcs, top: string, name: string): BareDesk {
  const settings = { ...SETTINGS, machine: name };
  const open = async (change: Partial<Settings> = {}): Promise<WorkingTree> => {
    const wanted = { ...settings, ...change };
    const opened = await system.open(asAbsolute(top), {
      settings: wanted,
      messages: commitMessages(wanted),
      now: systemClock.now,
      sleep: systemClock.sleep,
    });
    if (opened.kind !== 'opened') throw new Error(`'${top}' is ${opened.kind}`);
    return opened.tree;
  };
  const run: Desk['run'] = async (change = {}, request = {}) =>
    tick({
      tree: await open(change),
      settings: { ...settings, ...change },
      trigger: 'manual',
      pull: true,
      push: true,
      dryRun: false,
      allowDeletions: false,
      stillChanging: {},
      clock: systemClock,
      random: Math.random,
      ...request,
    });
  return { name, vcs: system.kind, top, settings, open, run, files: () => readTree(top), ...filesAt(top) };
}

type AtFiles = Pick<Desk, 'write' | 'read' | 'has' | 'remove' | 'rename' | 'link'>;

const filesAt = (top: string): AtFiles => ({
  write: (path, content) => {
    mkdirSync(fsPath(dirname(join(top, path))), { recursive: true });
    writeFileSync(fsPath(join(top, path)), content);
  },
  read: (path) => readFileSync(fsPath(join(top, path)), 'utf8'),
  has: (path) => existsSync(fsPath(join(top, path))),
  remove: (path) => {
    const at = fsPath(join(top, path));
    if (lstatSync(at).isDirectory()) rmSync(at, { recursive: true });
    else unlinkSync(at);
  },
  rename: (from, to) => {
    mkdirSync(fsPath(dirname(join(top, to))), { recursive: true });
    renameSync(fsPath(join(top, from)), fsPath(join(top, to)));
  },
  link: (target, path) => symlinkSync(target, fsPath(join(top, path))),
});

/** Reads a tree: path → content, a link as `-> target`; `.git` and `.hg` are left out. */
export function readTree(top: string, below = ''): Record<string, string> {
  const found: Record<string, string> = {};
  const names = readdirSync(fsPath(join(top, below)), 'buffer').map(decodePath);
  for (const name of names.sort()) {
    if (name === '.git' || name === '.hg') continue;
    const path = below === '' ? name : `${below}/${name}`;
    const at = fsPath(join(top, path));
    const stats = lstatSync(at);
    if (stats.isDirectory()) Object.assign(found, readTree(top, path));
    else if (stats.isSymbolicLink()) found[path] = `-> ${readlinkSync(at)}`;
    else if (stats.isFile()) found[path] = readFileSync(at, 'latin1');
    else found[path] = 'special';
  }
  return found;
}
