import { dirname } from 'node:path/posix';
import type { RelativePath } from '../model/paths.js';
import type { ConflictPolicy } from '../model/repo.js';

/** The side of a merge whose version stands where the two cannot be merged: this machine's, or the hub's. */
export type PreferredSide = 'ours' | 'theirs';

/** Returns the side that a policy prefers; undefined where it prefers none. */
export function preferredSide(policy: ConflictPolicy): PreferredSide | undefined {
  if (policy === 'prefer-local') return 'ours';
  return policy === 'prefer-remote' ? 'theirs' : undefined;
}

/** What the other side had renamed, at which paths its versions do not stand, and what the merge holds. */
export type Restoring = {
  readonly renames: readonly { readonly from: RelativePath; readonly path: RelativePath }[];
  readonly dropped: readonly RelativePath[];
  readonly result: ReadonlyMap<RelativePath, unknown>;
};

/**
 * Returns the old names of files that the other side had renamed to a name at which its version does not stand: the merge
 * has taken them away there, and would so lose what the preferred side never gave up.
 */
export function restorable({ renames, dropped, result }: Restoring): readonly RelativePath[] {
  const gone = new Set(dropped);
  return renames.flatMap(({ from, path }) => (gone.has(path) && !isOccupied(from, result) ? [from] : []));
}

/** Tells whether a path stands there, or cannot since one above or below it does. */
function isOccupied(path: string, result: ReadonlyMap<string, unknown>): boolean {
  for (let at = path; at !== '.'; at = dirname(at)) if (result.has(at)) return true;
  for (const at of result.keys()) if (at.startsWith(`${path}/`)) return true;
  return false;
}
