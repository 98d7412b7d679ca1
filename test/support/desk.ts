import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { commitMessages } from '../../src/engine/commit-message.js';
import type { TickRequest } from '../../src/engine/round.js';
import { tickAll } from '../../src/engine/with-subrepositories.js';
import { asAbsolute } from '../../src/model/paths.js';
import type { Settings } from '../../src/model/repo.js';
import type { RepoReport, VcsKind } from '../../src/model/report.js';
import { systemClock } from '../../src/system/clock.js';
import { decodePath, fsPath } from '../../src/system/path-bytes.js';
import type { Vcs, WorkingTree } from '../../src/vcs/vcs.js';

/** The settings that a test starts from: nothing waits, nothing tells anybody. */
export const SETTINGS: Settings = {
  machine: 'here',
  schedule: { kind: 'every', seconds: 300 },
  mode: 'sync',
  conflict: 'keep-both',
  mostConflictCopies: 20,
  remote: '',
  settleSeconds: 0.2,
  maxFileBytes: 100_000_000,
  include: [],
  ignore: [],
  secretsGuard: true,
  deletionsLimit: { kind: 'percent', percent: 50 },
  message: '{event}',
  squashSeconds: 0,
  sign: false,
  trackedHooks: false,
  subrepositories: false,
  subrepositorySources: [],
  networkTimeoutSeconds: 20,
  notify: false,
  notifyCommand: [],
  notifyIncoming: false,
  conflictCommand: [],
  mergeTool: [],
  offlineNewsHours: 8,
};

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
    tickAll({
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
function readTree(top: string, below = ''): Record<string, string> {
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
