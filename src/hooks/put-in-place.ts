import { dirname } from 'node:path';
import type { AbsolutePath } from '../model/paths.js';
import { createExclusively, flushFolder, move, remove, setMode } from '../system/files.js';

/** What a file gets: the permission bits of the one that is there, or those of a new one, as far as the umask lets. */
export type FileMode = { readonly kept: number } | { readonly fresh: number };

/** Puts a file in place whole, with its permission bits: a version control system may read it at any moment. */
export function putInPlace(path: AbsolutePath, text: Uint8Array, mode: FileMode): void {
  const beside = besideOf(path);
  remove(beside);
  try {
    if (!createExclusively(beside, text, 'kept' in mode ? mode.kept : mode.fresh)) {
      throw new Error(`'${beside}' came back`);
    }
    if ('kept' in mode) setMode(beside, mode.kept);
    move(beside, path);
  } finally {
    remove(beside);
  }
  flushFolder(dirname(path));
}

/** Where a file is made: the same name each time, so that the next run finds and removes what a killed one has left. */
export const besideOf = (path: AbsolutePath): string => `${path}.autosync-new`;
