import { dirname } from 'node:path/posix';
import { type AbsolutePath, asRelative, type RelativePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent, makeSharedFolder } from '../../system/files.js';

/** Makes the folders above a path; false where something stands there that is no folder, or a link that leads elsewhere. */
export function makeParents(top: AbsolutePath, path: RelativePath): boolean {
  for (const parent of parentsOf(path)) {
    const stats = lstatIfPresent(joinPath(top, parent));
    if (stats === undefined) makeSharedFolder(joinPath(top, parent));
    else if (!stats.isDirectory()) return false;
  }
  return true;
}

/** Tells whether every folder above a path is a folder and no link that leads elsewhere. */
export const hasRealParents = (top: AbsolutePath, path: RelativePath): boolean =>
  parentsOf(path).every((parent) => lstatIfPresent(joinPath(top, parent))?.isDirectory() === true);

/** Returns the outermost link that stands where a folder above a path would be; undefined where there is none. */
export const linkAbove = (top: AbsolutePath, path: RelativePath): RelativePath | undefined =>
  parentsOf(path).find((parent) => lstatIfPresent(joinPath(top, parent))?.isSymbolicLink() === true);

/** Returns the folders above a path, outermost first. */
export function parentsOf(path: RelativePath): readonly RelativePath[] {
  const parent = asRelative(dirname(path));
  // A hostile history may name a path from the root.
  return parent === '.' || parent === '/' ? [] : [...parentsOf(parent), parent];
}
