import { basename } from 'node:path/posix';
import { type AbsolutePath, asRelative, type RelativePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent, move } from '../../system/files.js';
import { linkIntoPlace } from './link-into-place.js';
import { hasRealParents } from './parents.js';
import type { CopyName } from './plan.js';

/** What keeping something beside a path has to know. */
export type KeepRequest = { readonly top: AbsolutePath; readonly copyName: CopyName };

/**
 * Gives something that has lost its name another one beside it, whatever stands there; where the folder above it is one
 * no more, at the top of the tree. Returns the new name; `from` still has to be removed where it is a file.
 */
export function keepBeside({ top, copyName }: KeepRequest, path: RelativePath, from: AbsolutePath): RelativePath {
  const home = hasRealParents(top, path) ? path : asRelative(basename(path));
  for (;;) {
    const copy = copyName(home, from, (name) => lstatIfPresent(joinPath(top, name)) !== undefined);
    if (giveName(from, joinPath(top, copy))) return copy;
  }
}

/** Gives something a name that is free: a folder is moved there, a file gets it as its second one; false when it is taken. */
export function giveName(from: AbsolutePath, to: AbsolutePath): boolean {
  if (lstatIfPresent(from)?.isDirectory() !== true) return linkIntoPlace(from, to);
  if (lstatIfPresent(to) !== undefined) return false;
  move(from, to);
  return true;
}
