/** Quotes one word for a POSIX shell. */
export const quoteShell = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Escapes a command for a crontab line, where a bare `%` ends the command (crontab(5)). */
export const quoteCrontab = (command: string): string => command.replaceAll('%', '\\%');
