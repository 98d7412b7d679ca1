import { resolve } from 'node:path';
import { type AbsolutePath, asAbsolute } from '../../model/paths.js';
import { isFolder, joinPath, readTextIfPresent, realPath } from '../../system/files.js';

/**
 * Returns the folder in which a working tree's refs, configuration and hooks are, by a look at files alone: several
 * linked working trees have the same one. Undefined where there is no repository.
 *
 * `.git` is that folder, or holds `gitdir: <path>`; the folder there has a file `commondir` with a path from it
 * (gitrepository-layout(5)).
 */
export function commonFolder(top: AbsolutePath): AbsolutePath | undefined {
  const dotGit = joinPath(top, '.git');
  const named = isFolder(dotGit) ? dotGit : /^gitdir: (.+)/.exec(readTextIfPresent(dotGit) ?? '')?.[1];
  const folder = named === undefined ? undefined : asAbsolute(resolve(top, named));
  if (folder === undefined || !isFolder(folder)) return undefined;
  const common = readTextIfPresent(joinPath(folder, 'commondir'))?.replace(/\n$/, '') ?? '.';
  return isFolder(resolve(folder, common)) ? realPath(resolve(folder, common)) : undefined;
}
