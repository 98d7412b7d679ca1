import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, lstatIfAllowed } from '../../system/files.js';

/**
 * Tells whether the disk of a working tree takes names that differ in the case of their letters for one: its `.git` is then
 * found as `.GIT`, too. Undefined where that cannot be seen.
 */
export function ignoresCase(top: AbsolutePath): boolean | undefined {
  const [found, other] = ['.git', '.GIT'].map((name) => lstatIfAllowed(joinPath(top, name)));
  if (found === undefined || typeof found === 'string' || typeof other === 'string') return undefined;
  return other !== undefined && other.dev === found.dev && other.ino === found.ino;
}
