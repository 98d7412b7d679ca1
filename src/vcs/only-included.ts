import type { Quarantined } from '../model/change.js';
import type { RelativePath } from '../model/paths.js';
import type { Settings } from '../model/repo.js';
import { SHARED_FILE } from '../store/shared-file.js';
import { selectPaths } from '../system/path-patterns.js';

/**
 * Returns which of some paths the settings mean. What the repository brings its settings along in is always meant:
 * nobody else would hear of a change to it.
 */
export function includedPaths<P extends string>(
  settings: Pick<Settings, 'include' | 'ignore'>,
  paths: readonly P[],
): readonly P[] {
  const meant = selectPaths(paths, settings);
  return paths.filter((path) => path === SHARED_FILE || meant.has(path));
}

/** What was found in a tree: what may go into a snapshot, and what may not. */
type Found<C> = { readonly candidates: readonly C[]; readonly quarantined: readonly Quarantined[] };

/**
 * Leaves out what the settings do not include or do ignore. A tracked file that differs is named, since others do not get
 * what was changed in it; a new one is passed over like one that the version control system ignores.
 */
export function onlyIncluded<C extends { readonly path: RelativePath }>(
  settings: Pick<Settings, 'include' | 'ignore'>,
  { candidates, quarantined }: Found<C>,
  isTracked: (path: RelativePath) => boolean,
): Found<C> {
  if (settings.include.length === 0 && settings.ignore.length === 0) return { candidates, quarantined };
  const meant = selectPaths(
    [...candidates, ...quarantined].map(({ path }) => path),
    settings,
  );
  const leftOut = candidates.filter(({ path }) => !meant.has(path) && isTracked(path));
  return {
    candidates: candidates.filter(({ path }) => meant.has(path)),
    quarantined: [
      ...quarantined.filter(({ path }) => meant.has(path) || isTracked(path)),
      ...leftOut.map(({ path }) => ({ path, reason: 'not-included' as const })),
    ],
  };
}
