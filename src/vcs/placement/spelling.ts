import type { AbsolutePath, RelativePath } from '../../model/paths.js';
import { joinPath, listNames, lstatIfPresent } from '../../system/files.js';

/** Returns what two paths have in common that a disk may take for one: it may tell neither case nor composition apart. */
export const folded = (path: string): string => path.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');

/** Tells whether two paths lead to one and the same file, be it by two links. */
export function isSameFile(one: AbsolutePath, other: AbsolutePath): boolean {
  const [first, second] = [lstatIfPresent(one), lstatIfPresent(other)];
  return first !== undefined && second !== undefined && first.ino === second.ino && first.dev === second.dev;
}

/** Returns how the disk spells a path at which something stands. */
export function spellingOf(top: AbsolutePath, path: RelativePath): RelativePath {
  let found = '';
  for (const name of path.split('/')) {
    const names = listNames(joinPath(top, found));
    const stored = names.includes(name) ? name : names.find((other) => folded(other) === folded(name));
    found += `${found === '' ? '' : '/'}${stored ?? name}`;
  }
  return found as RelativePath;
}
