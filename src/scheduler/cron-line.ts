import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { encodePath } from '../system/path-bytes.js';
import { printable } from '../system/printable.js';
import { quoteCrontab, quoteShell } from '../system/quote.js';

/** The launcher to call, and what cron will set HOME to (unknown when there is no such home). */
export type CronCommand = { readonly launcher: AbsolutePath; readonly home: AbsolutePath | undefined };

/** Longer commands are refused by Debian's crontab ("command too long", tried). */
const LONGEST_COMMAND_BYTES = 998;

/** What a shell gives a meaning between double quotes. */
const UNSAFE_IN_QUOTES = /["$`\\]/;

/** Returns the shell command of the job; it says `$HOME`, so that it outlives a move of the home folder. */
export function cronCommand({ launcher, home }: CronCommand): string {
  const below = home !== undefined && launcher.startsWith(`${home}/`) ? launcher.slice(home.length) : undefined;
  const program = below === undefined || UNSAFE_IN_QUOTES.test(below) ? quoteShell(launcher) : `"$HOME${below}"`;
  return program + ARGUMENTS;
}

const ARGUMENTS = ' snapshot --due';

/** Tells whether a text has a command in it that {@link cronCommand} may have made, of whatever launcher. */
export const callsLauncher = (text: string): boolean => text.includes(ARGUMENTS);

/**
 * Returns the job's line in a crontab. A launcher whose path cannot stand there is an AutosyncError: cron ends a
 * command at a newline and, whatever the shell's quotes say, at a `%` that one backslash does not escape.
 */
export function cronLine(minutes: string, command: string): string {
  const escaped = quoteCrontab(command);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get into a crontab
  if (/[\u0000-\u001f\u007f]/.test(command)) throw unfit(command, 'has a control character');
  if (command.includes('\\%')) throw unfit(command, "has a backslash before '%'");
  if (encodePath(escaped).length > LONGEST_COMMAND_BYTES) throw unfit(command, 'is too long');
  return `${minutes} * * * * ${escaped}`;
}

/** Returns the command of a line that {@link cronLine} wrote. */
export const commandOf = (line: string): string =>
  line
    .trim()
    .replace(/^(\S+ ){5}/, '')
    .replaceAll('\\%', '%');

const unfit = (command: string, why: string): AutosyncError =>
  new AutosyncError('environment', `a crontab cannot hold the command ${printable(command)}: it ${why}`, [
    'set XDG_DATA_HOME to a plainer folder and install again',
  ]);
