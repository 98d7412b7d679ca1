/** Quotes one word for a POSIX shell. */
export const quoteShell = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Escapes a command for a crontab line, where a bare `%` ends the command (crontab(5)). */
export const quoteCrontab = (command: string): string => command.replaceAll('%', '\\%');

/** Quotes a value for git's configuration files (git-config(1), Syntax). */
export const quoteGitConfig = (value: string): string =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
