import type { AbsolutePath } from '../../model/paths.js';
import { deviceOf, isFolder, joinPath, makeFolder, removeEmptyFolder } from '../../system/files.js';
import type { Repository } from './repository.js';

/** The folder in the working tree that is used when `.hg` lies on another file system; snapshots leave it out. */
export const STAGING_IN_TREE = '.autosync-stage';

/** Returns a folder of ours on the working tree's own file system, where renaming and linking are one step. */
export function stagingFolder(repository: Pick<Repository, 'top' | 'privateFolder'>): AbsolutePath {
  const inTree = joinPath(repository.top, STAGING_IN_TREE);
  makeFolder(repository.privateFolder);
  if (!isFolder(inTree) && deviceOf(repository.privateFolder) === deviceOf(repository.top)) {
    return repository.privateFolder;
  }
  makeFolder(inTree);
  return inTree;
}

/** Removes the staging folder from the working tree, if it is there and holds nothing any more. */
export function removeStagingFolder(repository: Pick<Repository, 'top'>): void {
  removeEmptyFolder(joinPath(repository.top, STAGING_IN_TREE));
}
