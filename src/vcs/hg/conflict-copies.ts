import { asRelative, type RelativePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent } from '../../system/files.js';
import { splitPaths } from '../../system/path-bytes.js';
import { liesInConflictCopy } from '../conflict-copy.js';
import { readHiddenCopies } from './keep-ignored.js';
import type { Repository } from './repository.js';

/** Lists the paths in the tree that are, or lie in, conflict copies; those of ignored files are named in a list of ours. */
export async function conflictCopies(repository: Repository): Promise<readonly RelativePath[]> {
  const listed = splitPaths(await repository.hg.output(['status', '-macu', '-n', '-0']));
  const paths = new Set([...listed, ...readHiddenCopies(repository)].filter(liesInConflictCopy));
  return [...paths].map(asRelative).filter((path) => lstatIfPresent(joinPath(repository.top, path)) !== undefined);
}
