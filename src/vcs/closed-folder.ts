import { dirname } from 'node:path/posix';
import { type AbsolutePath, asRelative, type RelativePath } from '../model/paths.js';
import { joinPath, lstatIfAllowed } from '../system/files.js';

/** Returns the outermost folder above a path that may not be entered; the path itself where that is not what hides it. */
export function closedFolder(top: AbsolutePath, path: RelativePath): RelativePath {
  const folder = dirname(path);
  if (folder === '.' || lstatIfAllowed(joinPath(top, path)) !== 'closed') return path;
  const parent = asRelative(folder);
  return lstatIfAllowed(joinPath(top, parent)) === 'closed' ? closedFolder(top, parent) : parent;
}
