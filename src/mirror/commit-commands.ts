import { encodePath } from '../system/path-bytes.js';
import type { Author } from './author.js';
import type { GitMode } from './changed-files.js';
import type { Changeset } from './changesets.js';

/** A file as a commit gets it. */
export type CommitFile = { readonly path: string; readonly mode: GitMode; readonly data: Buffer };

const NEWLINE = Buffer.from('\n');

/** Returns `author` or `committer` lines for git fast-import: name, address, and the time in its raw form. */
export const personLine = (role: 'author' | 'committer', { name, email }: Author, when: string): string =>
  `${role} ${name} <${email}> ${when}\n`;

/**
 * Returns a changeset's time as git writes it: seconds since 1970 and the zone, ahead of UTC being positive. Git knows
 * no time before 1970 and no zone beyond fourteen hours or of half a minute: those become the nearest that there is.
 */
export function gitTime({ seconds, behindUtc }: Pick<Changeset, 'seconds' | 'behindUtc'>): string {
  const minutes = Math.min(14 * 60, Math.max(-14 * 60, Math.trunc(-behindUtc / 60)));
  const distance = Math.abs(minutes);
  const zone = String(Math.trunc(distance / 60) * 100 + (distance % 60)).padStart(4, '0');
  return `${Math.max(0, Math.trunc(seconds))} ${minutes < 0 ? '-' : '+'}${zone}`;
}

/** Returns a changeset's description as a message: with a last newline, and without NUL, which hosts refuse. */
export const gitMessage = (description: string): Buffer => Buffer.from(`${description.replaceAll('\0', '')}\n`);

/** Returns bytes with their number before them. */
export const dataCommand = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, NEWLINE]);

/** Returns the command that removes a file. */
export const removeCommand = (path: string): string => `D ${quotePath(path)}\n`;

/** Returns the command that writes a file. */
export const writeCommand = ({ path, mode, data }: CommitFile): Buffer =>
  Buffer.concat([Buffer.from(`M ${mode} inline ${quotePath(path)}\n`), dataCommand(data)]);

/** Quotes a path as git does: bytes that are not plain become octal escapes. */
export function quotePath(path: string): string {
  if (/^[A-Za-z0-9_/+-][A-Za-z0-9._/+-]*$/.test(path)) return path;
  const bytes = [...encodePath(path)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9._/+ -]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `"${bytes.join('')}"`;
}
