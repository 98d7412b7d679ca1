import { dirname } from 'node:path/posix';
import type { Blocked } from '../../model/outcome.js';
import { joinPath, listNames, lstatIfPresent } from '../../system/files.js';
import { printable } from '../../system/printable.js';
import type { Candidate } from './candidates.js';
import type { Repository } from './repository.js';

/** Fewer files than these may well have been removed one by one. */
const TELLING_REMOVALS = 2;

/**
 * Returns why a snapshot's removals are not believed: every file of a folder is gone, and the folder stands there
 * empty, which is what a disk that is not mounted looks like. Files that only moved elsewhere are not gone.
 */
export function emptiedFolder(
  repository: Repository,
  candidates: readonly Candidate[],
  moved: ReadonlySet<string>,
): Blocked | undefined {
  const gone = candidates.filter(({ path }) => !moved.has(path));
  for (const [folder, count] of removalsBelow(gone)) {
    if (count < TELLING_REMOVALS || !standsEmpty(repository, folder)) continue;
    const name = folder === '.' ? 'the whole tree' : `'${printable(folder)}'`;
    return {
      kind: 'emptied-folder',
      hint: `${name} stands there empty (${count} files gone; is a disk not mounted?); if that is meant: autosync snapshot --allow-deletions`,
    };
  }
  return undefined;
}

/** Counts, for each folder, the files below it that are gone without the person having told git so. */
function removalsBelow(candidates: readonly Candidate[]): ReadonlyMap<string, number> {
  const lost = new Map<string, number>();
  for (const { path, stats, tracked } of candidates) {
    if (stats !== undefined || tracked === undefined || tracked.staged === 'D') continue;
    for (const folder of foldersAbove(path)) lost.set(folder, (lost.get(folder) ?? 0) + 1);
  }
  return lost;
}

/** Returns the folders above a path, innermost first, the tree's top as `.`. */
function foldersAbove(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === '.' ? ['.'] : [folder, ...foldersAbove(folder)];
}

function standsEmpty(repository: Repository, folder: string): boolean {
  const path = joinPath(repository.top, folder);
  if (lstatIfPresent(path)?.isDirectory() !== true) return false;
  return listNames(path).every((name) => name === '.git');
}
