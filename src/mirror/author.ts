import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { readTextIfPresent } from '../system/files.js';
import { printable } from '../system/printable.js';

/** Who made a changeset, as git writes it. */
export type Author = { readonly name: string; readonly email: string };

/** Says who a Mercurial user is, for those whom a person has named. */
export type AuthorMap = ReadonlyMap<string, string>;

/** Returns a Mercurial user as an author of git's; whatever was typed as a user name makes one, always the same. */
export function authorOf(user: string, map: AuthorMap): Author {
  const text = map.get(user.trim()) ?? user;
  const [, name = '', email = ''] = /^([^<]*)<([^>]*)>?/.exec(text) ?? [];
  if (/</.test(text)) return { name: clean(name) || clean(email) || NOBODY, email: clean(email) };
  const bare = clean(text);
  if (!/^\S+@\S+$/.test(bare)) return { name: bare || NOBODY, email: '' };
  return { name: bare.slice(0, bare.indexOf('@')) || bare, email: bare };
}

const NOBODY = 'unknown';

/** Git ends a name at `<`, an address at `>`, and a line at a newline. */
const clean = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: git allows none of them there
    .replaceAll(/[<>\u0000-\u001f\u007f]+/g, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim();

/**
 * Reads an author map. Each line is
 *
 *     <Mercurial user> = <Name> <email>          empty lines and those that begin with `#` say nothing
 */
export function parseAuthorMap(text: string): AuthorMap {
  const map = new Map<string, string>();
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    // The user may hold a `=`, as in an address; the author of git's begins after the last one.
    const [, user, author] = /^(.*\S)\s*=\s*([^=]*<[^<>]*>)\s*$/.exec(line) ?? [];
    if (user === undefined || author === undefined) {
      throw new AutosyncError('config', `line ${at + 1} of the author map is not understood: '${printable(line)}'`, [
        'expected: <Mercurial user> = Name <email>',
      ]);
    }
    map.set(user.trim(), author);
  }
  return map;
}

/** Reads the author map of a mirror; none where it has none. */
export function readAuthorMap(file: AbsolutePath | undefined): AuthorMap {
  if (file === undefined) return new Map();
  const text = readTextIfPresent(file);
  if (text === undefined) throw new AutosyncError('config', `the author map '${printable(file)}' is missing`);
  return parseAuthorMap(text);
}
