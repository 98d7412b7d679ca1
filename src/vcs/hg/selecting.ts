import type { AbsolutePath, RelativePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent } from '../../system/files.js';
import { parentsOf } from '../placement/parents.js';
import type { Candidate } from './candidates.js';
import { exactly } from './command.js';
import type { Repository } from './repository.js';
import { readStatus } from './status.js';

/**
 * Returns the arguments that confine a command to some paths. A file that is gone, and whose folder has become a link,
 * cannot be named to hg (`traverses symbolic link`), but included; so nothing is ever taken that was not named. What
 * such a name would include besides, since it is a folder's for hg as well, is left out by its own.
 */
export async function selecting(repository: Repository, candidates: readonly Candidate[]): Promise<readonly string[]> {
  const paths = candidates.map(({ path }) => path);
  if (!paths.some((path) => isBehindLink(repository.top, path))) return ['--', ...exactly(paths)];
  const wanted = new Set(paths);
  const besides = (await readStatus(repository))
    .map(({ path }) => path)
    .filter((path) => !wanted.has(path) && parentsOf(path).some((parent) => wanted.has(parent)));
  return [...exactly(paths).flatMap((path) => ['-I', path]), ...exactly(besides).flatMap((path) => ['-X', path])];
}

const isBehindLink = (top: AbsolutePath, path: RelativePath): boolean =>
  parentsOf(path).some((parent) => lstatIfPresent(joinPath(top, parent))?.isSymbolicLink() === true);
