import type { AbsolutePath } from '../../model/paths.js';
import {
  deviceOf,
  isFolder,
  joinPath,
  listNames,
  makeFolder,
  remove,
  removeEmptyFolder,
  writeAtomically,
} from '../../system/files.js';
import type { Repository } from './repository.js';

/** The folder in the working tree that is used when the git folder lies on another file system. */
const IN_TREE = '.autosync-stage';

/** What hides that folder from git. */
const HIDING = '.gitignore';

/**
 * Returns a folder of ours on the working tree's own file system, where renaming and linking are one step: inside the
 * git folder, or else in the tree itself, where a `.gitignore` of its own hides it.
 */
export function stagingFolder(repository: Pick<Repository, 'top' | 'privateFolder'>): AbsolutePath {
  const inTree = joinPath(repository.top, IN_TREE);
  makeFolder(repository.privateFolder);
  if (!isFolder(inTree) && deviceOf(repository.privateFolder) === deviceOf(repository.top)) {
    return repository.privateFolder;
  }
  makeFolder(inTree);
  writeAtomically(joinPath(inTree, HIDING), '*\n');
  return inTree;
}

/** Removes the staging folder from the working tree, if it is there and holds nothing any more. */
export function removeStagingFolder(repository: Pick<Repository, 'top'>): void {
  const inTree = joinPath(repository.top, IN_TREE);
  if (listNames(inTree).some((name) => name !== HIDING)) return;
  remove(joinPath(inTree, HIDING));
  removeEmptyFolder(inTree);
}
