import { asRelative, type RelativePath } from '../../model/paths.js';
import { splitPaths } from '../../system/path-bytes.js';
import { ignoredOf } from './keep-ignored.js';
import type { Repository } from './repository.js';

/**
 * Lists the folders that an ignore rule names, each without its last `/`. `git ls-files --directory` also collapses a
 * folder that merely holds nothing but ignored files, and in which a new file would count: `git check-ignore` tells them
 * apart.
 */
export async function ignoredFolders(repository: Pick<Repository, 'git'>): Promise<readonly RelativePath[]> {
  const args = ['ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '-z'];
  const folders = splitPaths(await repository.git.output(args)).filter((path) => path.endsWith('/'));
  if (folders.length === 0) return [];
  const ignored = await ignoredOf(repository, folders);
  return folders.filter((path) => ignored.has(path)).map((path) => asRelative(path.slice(0, -1)));
}
