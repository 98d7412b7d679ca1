import { asRelative, type RelativePath } from '../../model/paths.js';
import { isAtOrBelow } from '../conflict-copy.js';
import { includedPaths } from '../only-included.js';
import { withoutHg } from './beside-hg.js';
import type { Repository } from './repository.js';
import { readStatus } from './status.js';
import type { Status } from './status-parser.js';

/** Lists every path that is not in the last commit, or of which that cannot be told. */
export async function uncommitted(repository: Repository): Promise<readonly RelativePath[]> {
  return uncommittedIn(await readStatus(repository, 'all'), repository.settings);
}

/** Picks such paths out of git's list of every file. */
export function uncommittedIn(status: Status, settings: Repository['settings']): readonly RelativePath[] {
  const { paths, nested } = withoutHg(status.untracked);
  const isHidden = (path: string): boolean => status.closed.some((folder) => isAtOrBelow(path, folder));
  const fresh = includedPaths(settings, [...paths, ...nested].filter((path) => !isHidden(path)).map(asRelative));
  return [...status.tracked.map(({ path }) => path), ...status.unmerged, ...status.closed, ...fresh];
}
