/** Quotes one word for a POSIX shell. */
export const quoteShell = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Escapes a command for a crontab line, where a bare `%` ends the command (crontab(5)). */
export const quoteCrontab = (command: string): string => command.replaceAll('%', '\\%');

/** Quotes a value for git's configuration files (git-config(1), Syntax). */
export const quoteGitConfig = (value: string): string =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

/**
 * Quotes one argument for `ExecStart=` of a unit: systemd expands `%h` and `$NAME`, also between quotes
 * (systemd.service(5), tried with 252).
 */
export const quoteSystemd = (argument: string): string =>
  `"${argument.replaceAll(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;

/** Escapes a text for XML, between tags as well as in an attribute. */
export const quoteXml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');

/** Escapes a text for `set "name=text"` in a batch file, where only `%` has a meaning; Windows' names hold no quotes. */
export const quoteBatch = (text: string): string => text.replaceAll('%', '%%').replaceAll('"', '');
