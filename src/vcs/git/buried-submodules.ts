import { asRelative, type RelativePath } from '../../model/paths.js';
import { exists, joinPath, listNames, lstatIfPresent, readTextIfPresent } from '../../system/files.js';
import { splitPaths } from '../../system/path-bytes.js';
import { hasRealParents } from '../placement/parents.js';
import { leadsInside } from '../unplaceable.js';
import type { Repository } from './repository.js';
import type { TrackedEntry } from './status-parser.js';

/**
 * Finds submodules in whose folders something else stands: files, and no repository. Git takes each for one that was not
 * fetched yet, and says nothing of what is in it.
 */
export async function buriedSubmodules(repository: Pick<Repository, 'git' | 'top'>): Promise<readonly TrackedEntry[]> {
  const paths = namedPaths(readTextIfPresent(joinPath(repository.top, '.gitmodules')) ?? '');
  const buried = paths.filter((path) => isBuried(repository, path));
  if (buried.length === 0) return [];
  // `<mode> SP <id> SP <stage> TAB <path> NUL`
  const listed = splitPaths(await repository.git.output(['ls-files', '--stage', '-z', '--', ...buried]));
  return listed.flatMap((line): readonly TrackedEntry[] => {
    const [, mode = '', id = '', path = ''] = /^(\d+) ([0-9a-f]+) 0\t(.*)$/s.exec(line) ?? [];
    const content = { mode, id };
    if (mode !== '160000') return [];
    return [{ path: asRelative(path), staged: '.', unstaged: 'M', submodule: true, head: content, index: content }];
  });
}

/** Reads where submodules stand, from lines `path = <path>` of gitmodules(5); the file came with a push, so any may be there. */
const namedPaths = (text: string): readonly RelativePath[] =>
  [...text.matchAll(/^\s*path\s*=\s*"?(.*?)"?\s*$/gm)]
    .map(([, path = '']) => asRelative(path.replace(/\/$/, '')))
    .filter(leadsInside);

function isBuried({ top }: Pick<Repository, 'top'>, path: RelativePath): boolean {
  const folder = joinPath(top, path);
  if (!hasRealParents(top, path) || lstatIfPresent(folder)?.isDirectory() !== true) return false;
  return !exists(joinPath(folder, '.git')) && listNames(folder).length > 0;
}
