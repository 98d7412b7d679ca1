import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import type { ExitCode } from '../model/exit-codes.js';

/** What yargs has read; each command asks for its own with the readers below. */
export type Arguments = Readonly<Record<string, unknown>>;

/** One command: what it takes, and what it does. */
export type Command = {
  readonly options: (yargs: Argv) => Argv;
  readonly run: (args: Arguments) => Promise<ExitCode>;
};

/** Returns an option's text, or undefined when it was not given. */
export function textOf(args: Arguments, name: string): string | undefined {
  const value = args[name];
  if (Array.isArray(value)) throw new AutosyncError('usage', `option '--${name}' is given more than once`);
  return value === undefined || value === null ? undefined : String(value);
}

/** Tells whether a switch is on. */
export const isOn = (args: Arguments, name: string): boolean => args[name] === true;

/** Returns the words given for a positional that takes several. */
export function wordsOf(args: Arguments, name: string): readonly string[] {
  const value = args[name];
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** Adds `--json`, for every command that answers something. */
export const withJson = (yargs: Argv): Argv =>
  yargs.option('json', { type: 'boolean', default: false, describe: 'Answer in JSON' });

/** Adds what says which repositories a command is about: some by name, or all; without either the one around here. */
export const withRepos = (yargs: Argv, describe: string): Argv =>
  yargs
    .positional('repo', { type: 'string', array: true, describe })
    .option('all', { type: 'boolean', default: false, describe: 'Every installed repository' });
