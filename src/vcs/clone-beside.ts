import { basename, dirname } from 'node:path';
import { errorCode } from '../model/errors.js';
import { type AbsolutePath, asAbsolute, type RelativePath } from '../model/paths.js';
import {
  exists,
  isFolder,
  joinPath,
  listNames,
  makeSharedFolder,
  move,
  removeEmptyFolder,
  removeTree,
} from '../system/files.js';
import { isRunning } from '../system/process-identity.js';
import { firstUnplaceable } from './unplaceable.js';
import type { CloneResult } from './vcs.js';

/** What a version control system does for a clone. */
export type Cloning = {
  /** Clones into a folder that does not exist yet. */
  readonly into: (folder: AbsolutePath) => Promise<CloneResult>;
  /** Lists the files of the commit that a clone stands on. */
  readonly pathsOf: (folder: AbsolutePath) => Promise<readonly RelativePath[]>;
  /** Tells whether the folder that was named, which is not empty, is a clone of the very same already. */
  readonly isThere: () => Promise<boolean>;
};

/**
 * Clones into a folder that is new or empty. The clone is made beside that folder and gets its name when it is whole:
 * killed on the way, it is simply begun again. Where a file of it lies in a repository's own folder it never gets the name.
 * A folder that is such a clone already is left as it is.
 */
export async function cloneBeside(folder: AbsolutePath, { into, pathsOf, isThere }: Cloning): Promise<CloneResult> {
  if (exists(folder) && (!isFolder(folder) || listNames(folder).length > 0)) {
    return (await isThere()) ? { kind: 'cloned' } : refused(folder);
  }
  makeSharedFolder(dirname(folder));
  removeAbandoned(folder);
  const beside = joinPath(asAbsolute(dirname(folder)), `${prefixFor(folder)}${process.pid}`);
  try {
    const result = await into(beside);
    if (result.kind !== 'cloned') return result;
    const evil = firstUnplaceable(await pathsOf(beside));
    if (evil !== undefined) return { kind: 'refused', why: evil.what, hint: evil.remedy };
    removeEmptyFolder(folder);
    move(beside, folder);
    return result;
  } catch (error) {
    if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') return refused(folder);
    throw error;
  } finally {
    removeTree(beside);
  }
}

const refused = (folder: AbsolutePath): CloneResult => ({
  kind: 'refused',
  why: `'${folder}' exists and is not empty`,
  hint: 'name another folder',
});

const prefixFor = (folder: AbsolutePath): string => `.${basename(folder)}.autosync-`;

/** Removes what clones of this folder left that were killed. */
function removeAbandoned(folder: AbsolutePath): void {
  const parent = asAbsolute(dirname(folder));
  const prefix = prefixFor(folder);
  for (const name of listNames(parent)) {
    const pid = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (/^\d+$/.test(pid) && !isRunning(Number(pid))) removeTree(joinPath(parent, name));
  }
}
