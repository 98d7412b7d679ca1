import type { AbsolutePath, RelativePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent } from '../../system/files.js';
import { parentsOf } from '../placement/parents.js';
import type { Candidate } from './candidates.js';
import { exactly } from './command.js';
import type { Repository } from './repository.js';
import { readStatus } from './status.js';

/**
 * Returns the arguments that confine a command to some paths. A file that is gone, and whose folder has become a link,
 * cannot be named to hg (`traverses symbolic link`); then all else that differs is named, as left out.
 */
export async function selecting(repository: Repository, candidates: readonly Candidate[]): Promise<readonly string[]> {
  const paths = candidates.map(({ path }) => path);
  if (!paths.some((path) => isBehindLink(repository.top, path))) return ['--', ...exactly(paths)];
  const wanted = new Set(paths);
  const others = (await readStatus(repository)).filter(({ path }) => !wanted.has(path));
  return exactly(others.map(({ path }) => path)).flatMap((path) => ['-X', path]);
}

const isBehindLink = (top: AbsolutePath, path: RelativePath): boolean =>
  parentsOf(path).some((parent) => lstatIfPresent(joinPath(top, parent))?.isSymbolicLink() === true);
