import { AutosyncError } from '../../model/errors.js';
import type { AbsolutePath } from '../../model/paths.js';
import { childEnvironment, type Environment, KEEPS_MEMORY } from '../../system/environment.js';
import type { ExecResult } from '../../system/exec.js';
import { joinPath } from '../../system/files.js';
import { packageRoot } from '../../system/package.js';
import { redact } from '../../system/printable.js';
import { commandServer, type ServerCommand } from './command-server.js';

/** Settings for every hg that we start, whatever the person configured; each with its reason. */
const HARDENING: readonly (readonly [string, string])[] = [
  // Ten minutes is what hg would wait for somebody else's lock.
  ['ui.timeout', '15'],
  ['ui.timeout.warn', '-1'],
  ['ui.interactive', 'false'],
  // Without it nearly every failure has the exit code 255.
  ['ui.detailed-exit-code', 'true'],
  // A program of the person's would wait for him; what this one cannot merge is settled afterwards.
  ['ui.merge', 'internal:merge3'],
  ['merge-patterns..hgtags', 'internal:tagmerge'],
  // Without it a file that meets a folder stops hg half-way, with a tree that is neither old nor new (field notes).
  ['experimental.merge.checkpathconflicts', 'true'],
  // Hg 6.3 has this only half done.
  ['extensions.autosync_path_conflicts', joinPath(packageRoot, 'templates/hg/path_conflicts.py')],
  // No `.orig` in the tree, ever.
  ['ui.origbackuppath', '.hg/autosync/orig'],
  ['ui.relative-paths', 'false'],
  ['commands.status.relative', 'false'],
  ['commands.status.verbose', 'false'],
  ['commands.commit.post-status', 'false'],
  ['ui.commitsubrepos', 'false'],
  // A program that stays.
  ['extensions.fsmonitor', '!'],
  ['ui.large-file-limit', '0'],
  // Hg knows no ~/.netrc; and what would be handed to it as a setting, its log of commands would show.
  ['extensions.autosync_netrc', joinPath(packageRoot, 'templates/hg/netrc.py')],
  // What a person has hung on his own commands is not for ours (DESIGN, 5).
  ['extensions.autosync_hooks', joinPath(packageRoot, 'templates/hg/hooks.py')],
  // Hg loads a profiler before the extensions: what comes with a push is none of them.
  ['profiling.enabled', 'true'],
  ['profiling.type', 'autosync_hooks'],
  // A file that is named here is emptied with each start.
  ['profiling.output', ''],
  // To a name a hub answers with a bookmark or a tag of that name, and only then with the branch.
  ['extensions.autosync_heads', joinPath(packageRoot, 'templates/hg/heads.py')],
  ['extensions.autosync_subrepositories', joinPath(packageRoot, 'templates/hg/subrepositories.py')],
];

/** What makes `.hgsub` and `.hgsubstate` files like others, for an hg that may then go into no subrepository at all. */
export const PLAIN_SUBREPOSITORIES = 'autosync.plain-subrepositories=true';

const HARDENED: readonly string[] = HARDENING.flatMap(([name, value]) => ['--config', `${name}=${value}`]);

/** What `.hgsub` names came with a push, and would be fetched from there (PROMISES, P11). */
const CLOSED: readonly string[] = ['subrepos.allowed=false'];

/** What every hg of ours is started with. */
export const HG_ENVIRONMENT: Environment = {
  ...KEEPS_MEMORY,
  // No aliases, no defaults, no colour, no translation; the progress of long work is asked for where it is wanted.
  HGPLAIN: '1',
  HGPLAINEXCEPT: 'progress',
  HGENCODING: 'utf-8',
  HGEDITOR: 'false',
  LC_ALL: 'C.UTF-8',
  // Our own extension is loaded from where autosync is installed, and leaves nothing there.
  PYTHONDONTWRITEBYTECODE: '1',
};

/**
 * What hg says of a file with rules that it could not read, once, before it goes on without them: all that a person keeps to
 * himself would be new to it, so that nothing may go on. A file that is not there has no rules.
 */
const UNREAD_RULES = /^skipping unreadable pattern file '.*': (?!No such file or directory|Not a directory)/m;

/** Ten minutes: a large first snapshot takes this long on a slow disk. */
const LOCAL_LIMIT_MS = 600_000;

/** How one hg command is run. */
export type HgOptions = Partial<Omit<ServerCommand, 'args'>>;

/** Runs hg in one folder. */
export type Hg = {
  /** Runs hg and hands back whatever came of it, unless it could not read what is to be left out. */
  readonly run: (args: readonly string[], options?: HgOptions) => Promise<ExecResult>;
  /** Runs hg, which must succeed, and hands back its standard output. */
  readonly output: (args: readonly string[], options?: HgOptions) => Promise<Buffer>;
  /** Runs hg, which must succeed, and hands back its standard output as text. */
  readonly text: (args: readonly string[], options?: HgOptions) => Promise<string>;
  /** Lets the program end; the next command starts another one. */
  readonly end: () => void;
};

/** Returns the arguments that harden an hg for one folder. */
export const hardeningFor = (folder: AbsolutePath): readonly string[] => [
  ...HARDENED,
  '--config',
  `autosync.tree=${folder}`,
];

/**
 * Returns the door to hg for one folder; every hardening setting applies, and those that are given. Only a door through
 * which nothing but settings is read may leave out what keeps hg from subrepositories.
 */
export function hgIn(folder: AbsolutePath, settings: readonly string[] = [], closed: readonly string[] = CLOSED): Hg {
  const args = [...hardeningFor(folder), ...[...closed, ...settings].flatMap((setting) => ['--config', setting])];
  const server = commandServer({ args, cwd: folder, env: childEnvironment(HG_ENVIRONMENT) });
  const run: Hg['run'] = async (command, options = {}) => {
    const result = await server.run({ args: command, timeoutMs: LOCAL_LIMIT_MS, ...options });
    if (UNREAD_RULES.test(result.stderr)) throw hgFailure(command, result);
    return result;
  };
  const output: Hg['output'] = async (command, options) => {
    const result = await run(command, options);
    if (result.exitCode !== 0) throw hgFailure(command, result);
    return result.stdout;
  };
  const text: Hg['text'] = async (command, options) => (await output(command, options)).toString('utf8');
  return { run, output, text, end: server.end };
}

/** Builds the error for an hg command that should have succeeded. */
export function hgFailure(args: readonly string[], result: ExecResult): AutosyncError {
  const words = result.timedOut ? 'it did not end in time' : lastWords(result.stderr);
  return new AutosyncError('failed', `hg ${args[0] ?? ''} failed: ${words}`, [], result);
}

/** What hg says besides: its progress, advice, and what it took back. */
const CHATTER =
  /^(\(|pushing to|pulling from|searching for changes|remote: (adding|searching|transaction abort|rollback)|adding (changesets|manifests|file changes)|added \d|new changesets|transaction abort|rollback completed|\w[\w ]* \[)/;

/** Returns the lines in which hg, or a hook, says what is wrong, without secrets; bounded. */
export function lastWords(stderr: string): string {
  const lines = redact(stderr)
    .split(/[\n\r]/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !CHATTER.test(line));
  return lines.slice(-4).join('; ').slice(0, 600) || 'it gave no reason';
}

/** Names files of the repository so that nothing in a name has a meaning. */
export const exactly = (paths: readonly string[]): readonly string[] => paths.map((path) => `path:${path}`);
