import { dirname } from 'node:path/posix';
import type { Blocked } from '../model/outcome.js';
import type { AbsolutePath } from '../model/paths.js';
import { joinPath, listNames, lstatIfPresent } from '../system/files.js';
import { printable } from '../system/printable.js';

/** Fewer files than these may well have been removed one by one. */
const TELLING_REMOVALS = 2;

/** A working tree, and the name of the folder in it that is its version control system's. */
export type Tree = { readonly top: AbsolutePath; readonly metadata: '.git' | '.hg' };

/**
 * Returns why removals are not believed: every file of a folder is gone, and the folder stands there empty, which is
 * what a disk that is not mounted looks like. `gone` are the files that nobody told the system to remove, without those
 * that only moved elsewhere.
 */
export function emptiedFolder(tree: Tree, gone: readonly string[]): Blocked | undefined {
  for (const [folder, count] of countBelow(gone)) {
    if (count < TELLING_REMOVALS || !standsEmpty(tree, folder)) continue;
    const name = folder === '.' ? 'the whole tree' : `'${printable(folder)}'`;
    return {
      kind: 'emptied-folder',
      hint: `${name} stands there empty (${count} files gone; is a disk not mounted?); if that is meant: autosync snapshot --allow-deletions`,
    };
  }
  return undefined;
}

/** Counts the paths below each folder. */
function countBelow(paths: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const path of paths) {
    for (const folder of foldersAbove(path)) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return counts;
}

/** Returns the folders above a path, innermost first, the tree's top as `.`. */
function foldersAbove(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === '.' ? ['.'] : [folder, ...foldersAbove(folder)];
}

function standsEmpty({ top, metadata }: Tree, folder: string): boolean {
  const path = joinPath(top, folder);
  if (lstatIfPresent(path)?.isDirectory() !== true) return false;
  return listNames(path).every((name) => name === metadata);
}
