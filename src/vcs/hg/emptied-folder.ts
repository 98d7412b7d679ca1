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
  repository: Pick<Repository, 'top'>,
  candidates: readonly Candidate[],
  moved: ReadonlySet<string>,
): Blocked | undefined {
  const gone = candidates.filter(
    ({ path, letter, stats }) => letter === '!' && stats === undefined && !moved.has(path),
  );
  for (const [folder, count] of countBelow(gone)) {
    if (count < TELLING_REMOVALS || !standsEmpty(repository, folder)) continue;
    const name = folder === '.' ? 'the whole tree' : `'${printable(folder)}'`;
    return {
      kind: 'emptied-folder',
      hint: `${name} stands there empty (${count} files gone; is a disk not mounted?); if that is meant: autosync snapshot --allow-deletions`,
    };
  }
  return undefined;
}

/** Counts the candidates below each folder. */
function countBelow(candidates: readonly Candidate[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { path } of candidates) {
    for (const folder of foldersAbove(path)) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return counts;
}

/** Returns the folders above a path, innermost first, the tree's top as `.`. */
function foldersAbove(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === '.' ? ['.'] : [folder, ...foldersAbove(folder)];
}

function standsEmpty({ top }: Pick<Repository, 'top'>, folder: string): boolean {
  const path = joinPath(top, folder);
  if (lstatIfPresent(path)?.isDirectory() !== true) return false;
  return listNames(path).every((name) => name === '.hg');
}
