import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { orEnvironmentError, removeOwnFile, writeOwnFile } from '../store/own-file.js';
import { readIfPresent } from '../system/files.js';
import { printable } from '../system/printable.js';

/** One whole file of an entry; without content there is no such file. */
export type EntryFile = { readonly path: AbsolutePath; readonly content: Buffer | undefined };

/** What every file of ours has in its first lines. */
const SIGN = Buffer.from('Written by autosync');
const SIGN_UTF16 = Buffer.from('Written by autosync', 'utf16le');

/** Returns files as they are; one of that name that somebody else has written is an AutosyncError. */
export function readEntryFiles(paths: readonly AbsolutePath[]): readonly EntryFile[] {
  return paths.map((path) => {
    const content = orEnvironmentError('read', path, () => readIfPresent(path));
    if (content === undefined || isOurs(content)) return { path, content };
    throw new AutosyncError('environment', `'${printable(path)}' is there, and was not written by autosync`, [
      'look at it, and move it away if it can go',
    ]);
  });
}

const isOurs = (content: Buffer): boolean => content.includes(SIGN) || content.includes(SIGN_UTF16);

/** Returns the files of ours among these paths. */
export const ownEntryFiles = (paths: readonly AbsolutePath[]): readonly EntryFile[] =>
  paths.flatMap((path) => {
    const content = orEnvironmentError('read', path, () => readIfPresent(path));
    return content !== undefined && isOurs(content) ? [{ path, content }] : [];
  });

/** Makes files as they are described; what is so already is not touched. */
export function placeEntryFiles(files: readonly EntryFile[]): void {
  for (const { path, content } of files) {
    if (content === undefined) removeOwnFile(path);
    else writeOwnFile(path, content);
  }
}

/** Tells whether two lists describe the same files. */
export const areSameFiles = (a: readonly EntryFile[], b: readonly EntryFile[]): boolean =>
  a.every(({ path, content }) => {
    const other = b.find((file) => file.path === path)?.content;
    return content === undefined ? other === undefined : other !== undefined && content.equals(other);
  });
