import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { commitMessages } from '../../src/engine/commit-message.js';
import { tick, type TickRequest } from '../../src/engine/tick.js';
import { asAbsolute } from '../../src/model/paths.js';
import type { Settings } from '../../src/model/repo.js';
import type { RepoReport } from '../../src/model/report.js';
import { systemClock } from '../../src/system/clock.js';
import { git as gitSystem } from '../../src/vcs/git/index.js';
import type { WorkingTree } from '../../src/vcs/vcs.js';

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
  return execFileSync('git', [...args], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).replace(/\n$/, '');
}

/** One machine's working tree. */
export type Machine = {
  readonly name: string;
  readonly top: string;
  readonly settings: Settings;
  readonly git: (...args: readonly string[]) => string;
  readonly write: (path: string, content: string) => void;
  readonly read: (path: string) => string;
  readonly has: (path: string) => boolean;
  readonly remove: (path: string) => void;
  /** Everything in the working tree but the repository's metadata: path → content, a link as `-> target`. */
  readonly files: () => Record<string, string>;
  readonly open: (change?: Partial<Settings>) => Promise<WorkingTree>;
  readonly run: (change?: Partial<Settings>, request?: Partial<TickRequest>) => Promise<RepoReport>;
};

/** A hub and some machines, each a clone of it. */
export type World = {
  readonly folder: string;
  readonly hub: string;
  readonly machines: readonly Machine[];
  readonly add: (name: string) => Machine;
  readonly hubHead: () => string;
  readonly remove: () => void;
};

/** Makes a hub with one commit (`README.md`) on `main`, and machines of the given names. */
export function createWorld(...names: readonly string[]): World {
  const folder = mkdtempSync(join(tmpdir(), 'world-'));
  const hub = join(folder, 'hub.git');
  git(folder, 'init', '-q', '--bare', '-b', 'main', hub);
  const seed = join(folder, 'seed');
  git(folder, 'clone', '-q', hub, seed);
  writeFileSync(join(seed, 'README.md'), 'hello\n');
  git(seed, 'add', '.');
  git(seed, 'commit', '-q', '-m', 'first');
  git(seed, 'push', '-q', 'origin', 'HEAD:main');
  rmSync(seed, { recursive: true });
  const add = (name: string): Machine => {
    const top = join(folder, name);
    git(folder, 'clone', '-q', hub, top);
    return machineAt(top, name);
  };
  const machines = names.map(add);
  return {
    folder,
    hub,
    machines,
    add,
    hubHead: () => git(hub, 'rev-parse', 'main'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Returns the machine whose working tree stands at a path. */
export function machineAt(top: string, name: string): Machine {
  const settings = { ...SETTINGS, machine: name };
  const open = async (change: Partial<Settings> = {}): Promise<WorkingTree> => {
    const wanted = { ...settings, ...change };
    const opened = await gitSystem.open(asAbsolute(top), {
      settings: wanted,
      messages: commitMessages(wanted),
      now: systemClock.now,
      sleep: systemClock.sleep,
    });
    if (opened.kind !== 'opened') throw new Error(`'${top}' is ${opened.kind}`);
    return opened.tree;
  };
  return {
    name,
    top,
    settings,
    git: (...args) => git(top, ...args),
    write: (path, content) => {
      mkdirSync(dirname(join(top, path)), { recursive: true });
      writeFileSync(join(top, path), content);
    },
    read: (path) => readFileSync(join(top, path), 'utf8'),
    has: (path) => existsSync(join(top, path)),
    remove: (path) => rmSync(join(top, path), { recursive: true }),
    files: () => readTree(top),
    open,
    run: async (change = {}, request = {}) =>
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
      }),
  };
}

/** Reads a tree: path → content, a link as `-> target`; `.git` is left out. */
export function readTree(top: string, below = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(top, below)).sort()) {
    if (name === '.git') continue;
    const path = below === '' ? name : `${below}/${name}`;
    const stats = lstatSync(join(top, path));
    if (stats.isDirectory()) Object.assign(found, readTree(top, path));
    else if (stats.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(top, path))}`;
    else if (stats.isFile()) found[path] = readFileSync(join(top, path), 'latin1');
    else found[path] = 'special';
  }
  return found;
}
