import type { Conflict } from '../../model/outcome.js';
import { asRelative } from '../../model/paths.js';
import { type ChangedPath, changedPaths } from './difference.js';
import type { Repository } from './repository.js';
import { changesetsOf } from './revisions.js';
import type { Ends } from './settle-conflicts.js';

/**
 * Finds what hg only notes in passing: a file that both sides renamed, each to another name, or that one side renamed
 * and the other removed. Both names stay; which of them is meant, only a person knows.
 */
export async function divergentRenames(
  repository: Pick<Repository, 'hg'>,
  { ours, theirs }: Ends,
): Promise<readonly Conflict[]> {
  const [base] = await changesetsOf(repository, `ancestor(${ours}, ${theirs})`);
  if (base === undefined) return [];
  const mine = movesOf(await changedPaths(repository, base, ours));
  const other = movesOf(await changedPaths(repository, base, theirs));
  const conflicts: Conflict[] = [];
  for (const [source, to] of mine.renamed) {
    const there = other.renamed.get(source);
    const path = asRelative(source);
    if (there !== undefined && there !== to) {
      conflicts.push({ path, kind: 'rename', kept: asRelative(there), copy: asRelative(to) });
    } else if (there === undefined && other.removed.has(source)) {
      conflicts.push({ path, kind: 'rename', kept: asRelative(to) });
    }
  }
  for (const [source, to] of other.renamed) {
    const wasRemoved = mine.removed.has(source) && !mine.renamed.has(source);
    if (wasRemoved) conflicts.push({ path: asRelative(source), kind: 'rename', kept: asRelative(to) });
  }
  return conflicts;
}

type Moves = { readonly renamed: ReadonlyMap<string, string>; readonly removed: ReadonlySet<string> };

function movesOf(changed: readonly ChangedPath[]): Moves {
  const removed = new Set(changed.filter(({ letter }) => letter === 'R').map(({ path }) => path as string));
  const renames = changed.filter(({ letter, source }) => letter === 'A' && removed.has(source));
  return { removed, renamed: new Map(renames.map(({ source, path }) => [source, path])) };
}
