import { AutosyncError } from '../model/errors.js';
import { printable } from '../system/printable.js';
import { parseConflictCopy } from '../vcs/conflict-copy.js';
import type { WorkingTree } from '../vcs/vcs.js';
import type { FileVersion, ListRequest } from '../vcs/versions.js';

/** Lists the versions of a file, newest first; before a conflict copy come those of the file whose version it keeps. */
export async function historyOf(
  { versions }: Pick<WorkingTree, 'versions'>,
  request: ListRequest,
): Promise<readonly FileVersion[]> {
  const { path, from, limit } = request;
  const entries = await versions.entries(from, path);
  if (entries.length > 0 && !entries.some((entry) => entry.path === path)) {
    throw new AutosyncError('usage', `'${printable(path)}' is a folder`, ['name a file in it']);
  }
  const own = await versions.list(request);
  const first = own.at(-1);
  const original = parseConflictCopy(path)?.path;
  if (first?.change !== 'added' || original === undefined || own.length >= limit) return own;
  // Only a merge has a second side; it keeps the version of its first one as the copy.
  const base = await versions.ancestor(`${first.id}^1`, `${first.id}^2`);
  if (base === undefined) return own;
  const earlier = await versions.list({ path: original, from: `${first.id}^1`, limit: limit - own.length });
  return [...own, ...earlier];
}
