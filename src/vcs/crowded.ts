import { dirname } from 'node:path';
import type { Conflict } from '../model/outcome.js';
import { type AbsolutePath, asRelative, type RelativePath } from '../model/paths.js';
import { joinPath, listNames } from '../system/files.js';
import { copyAround, parseConflictCopy } from './conflict-copy.js';

/** Returns the file that a copy, or a copy of a copy, is one of; any other path is its own. */
function originalOf(path: RelativePath): RelativePath {
  const parsed = parseConflictCopy(path);
  return parsed === undefined ? path : originalOf(parsed.path);
}

/** A merge as it would be: every path in it, and those that one of its sides has already. */
export type CrowdRequest = {
  readonly conflicts: readonly Conflict[];
  readonly paths: Iterable<RelativePath>;
  readonly isKnown: (path: RelativePath) => boolean;
  /** So many copies one file may have. */
  readonly limit: number;
};

/** Returns the files that would get one copy more than they may have; a copy that stands there already is no new one. */
export function crowdedBy({ conflicts, paths, isKnown, limit }: CrowdRequest): readonly RelativePath[] {
  const fresh = new Set<RelativePath>();
  for (const { copy } of conflicts) if (copy !== undefined && !isKnown(copy)) fresh.add(originalOf(copy));
  if (fresh.size === 0) return [];
  const copies = new Set<RelativePath>();
  for (const path of paths) {
    const copy = copyAround(path);
    if (copy !== undefined) copies.add(copy).add(parseConflictCopy(path) === undefined ? copy : path);
  }
  const counts = countsOf(copies);
  return [...fresh].filter((path) => (counts.get(path) ?? 0) > limit);
}

/** Counts the copies that stand beside a path. */
export function copiesBeside(top: AbsolutePath, path: RelativePath): number {
  const original = originalOf(path);
  const folder = dirname(path);
  const inFolder = (name: string): RelativePath => asRelative(folder === '.' ? name : `${folder}/${name}`);
  const copies = listNames(joinPath(top, folder)).filter((name) => parseConflictCopy(name) !== undefined);
  return countsOf(copies.map(inFolder)).get(original) ?? 0;
}

function countsOf(copies: Iterable<RelativePath>): ReadonlyMap<RelativePath, number> {
  const counts = new Map<RelativePath, number>();
  for (const copy of copies) {
    const original = originalOf(copy);
    counts.set(original, (counts.get(original) ?? 0) + 1);
  }
  return counts;
}
