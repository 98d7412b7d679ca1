import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { childEnvironment, type Environment, userId, variable } from '../system/environment.js';
import { type ExecResult, exec } from '../system/exec.js';
import { isFolder } from '../system/files.js';
import { printable } from '../system/printable.js';

/** The program `systemctl`, to talk to the person's own systemd. */
export type UserManager = { readonly systemctl: AbsolutePath; readonly timeLimitMs: number };

/** How a timer stands with the manager. */
export type TimerState = {
  /** It starts with the next login, too. */
  readonly enabled: boolean;
  /** It is counting now. */
  readonly active: boolean;
  /** The file on the disk is not the one that the manager has read. */
  readonly stale: boolean;
};

/** Calls `systemctl --user`; what its exit code means is the caller's business. */
export function askManager(
  manager: UserManager,
  args: readonly string[],
  timeoutMs: number = manager.timeLimitMs,
): Promise<ExecResult> {
  const env = childEnvironment({ LC_ALL: 'C', ...session() });
  return exec({ program: manager.systemctl, args: ['--user', '--no-pager', ...args], cwd: '/', env, timeoutMs });
}

/** Calls `systemctl --user`; any failure is an AutosyncError with its words. */
export async function tellManager(manager: UserManager, args: readonly string[]): Promise<string> {
  const ended = await askManager(manager, args);
  if (ended.exitCode === 0) return ended.stdout.toString('utf8');
  throw new AutosyncError(
    'environment',
    `systemd's user manager failed at '${args.join(' ')}': ${complaint(manager, ended)}`,
    [`see what 'systemctl --user ${args.join(' ')}' says`],
  );
}

/** Returns the first line of what systemctl complained of. */
export function complaint(manager: UserManager, ended: ExecResult): string {
  if (ended.timedOut) return `it did not end within ${manager.timeLimitMs / 1000} seconds`;
  const words = printable(ended.stderr.trim().split('\n', 1)[0] ?? '');
  return words === '' ? `systemctl ended with exit code ${ended.exitCode}` : words;
}

const PROPERTIES = ['UnitFileState', 'ActiveState', 'NeedDaemonReload'];

/**
 * Asks how a timer stands; a timer that the manager does not know is neither enabled nor active.
 *
 *     answer := (property '=' value '\n')*
 */
export async function readTimerState(manager: UserManager, timer: string): Promise<TimerState> {
  const answer = await tellManager(manager, ['show', timer, `--property=${PROPERTIES.join(',')}`]);
  const values = new Map(answer.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.replace(/^[^=]*=/, '')]));
  return {
    enabled: values.get('UnitFileState') === 'enabled',
    active: values.get('ActiveState') === 'active',
    stale: values.get('NeedDaemonReload') === 'yes',
  };
}

/** A terminal of `su` or cron's shell does not know where the person's manager listens, and it is always the same. */
function session(): Environment {
  if (variable('XDG_RUNTIME_DIR') !== undefined) return {};
  const folder = `/run/user/${userId() ?? ''}`;
  return isFolder(folder) ? { XDG_RUNTIME_DIR: folder } : {};
}
