/** A branch `autosync/<machine>/…` and a file name are made of it: see git-check-ref-format(1). */
const MACHINE_NAME = /^(?!.*\.\.)(?!.*\.lock$)[a-z0-9_](?:[a-z0-9._-]{0,61}[a-z0-9_-])?$/i;

/** Tells whether a text can be a machine's name. */
export const isMachineName = (text: string): boolean => MACHINE_NAME.test(text);

/** Returns the machine name that is nearest to a host's name. */
export function fitMachineName(host: string): string {
  const name = host
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9._-]+/gi, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[.-]+/, '')
    .slice(0, 63)
    .replace(/\.lock$/i, '-lock')
    .replace(/[.-]+$/, '');
  return isMachineName(name) ? name : 'machine';
}

/** Tells whether a text can be a remote's name; an option, a path or a URL is none. */
export const isRemoteName = (text: string): boolean =>
  text === '' || (/^(?![-./])[^\s\p{Cc}:~^?*[\\]+$/u.test(text) && !text.includes('..'));

/** Tells whether a text can be the form of a message: one line, and no placeholders but `{event}` and `{machine}`. */
export const isMessageForm = (text: string): boolean =>
  text.trim() !== '' && !/\p{Cc}/u.test(text) && !/\{\w*\}/.test(text.replace(/\{(?:event|machine)\}/g, ''));

/** So many patterns a list may have: what a repository brings along must not keep a machine busy. */
export const MOST_PATTERNS = 100;

const LONGEST_PATTERN = 255;

/** Tells whether a text can be a pattern for paths of a tree: `*`, `**`, `?` and `[…]`, and nothing that leads out of it. */
export function isTreePattern(text: string): boolean {
  const names = text.replace(/^\//, '').replace(/\/$/, '').split('/');
  if (text.length > LONGEST_PATTERN || /^!|[\p{Cc}\\{}()|]/u.test(text)) return false;
  return names.every((name) => !['', '.', '..'].includes(name) && (name === '**' || !name.includes('**')));
}
