import { dirname } from 'node:path';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import type { VcsKind } from '../model/report.js';
import { exists, isFolder, joinPath, realPath } from '../system/files.js';

/**
 * Says whose metadata (`.git`, `.hg`) is nearest to a path, at it or above; undefined when there is none, as for a bare
 * repository. Where both stand in one folder, as hg-git leaves them, it is git's.
 */
export function nearestKind(path: AbsolutePath): VcsKind | undefined {
  return exists(path) ? nearestAbove(realPath(path)) : undefined;
}

function nearestAbove(folder: AbsolutePath): VcsKind | undefined {
  if (exists(joinPath(folder, '.git'))) return 'git';
  if (isFolder(joinPath(folder, '.hg'))) return 'hg';
  const parent = asAbsolute(dirname(folder));
  return parent === folder ? undefined : nearestAbove(parent);
}

/** A sign in a URL that it is one system's: how its hosts name their users, their machines and their folders. */
const SIGNS: readonly (readonly [RegExp, VcsKind])[] = [
  [/^git(\+\w+)?:|^[\w.-]+@[^/:]+:|\.git\/?$|\/\/git[@.]/i, 'git'],
  [/^static-http:|\/\/hg[@.]|[/.]hg(\/|$)|\/\/[^/]*heptapod|\/cgi-bin\/hgweb/i, 'hg'],
];

/** Says whose repository a URL, or the path of a folder, seems to name; undefined when nothing tells. */
export function likelyKind(url: string): VcsKind | undefined {
  return SIGNS.find(([sign]) => sign.test(url))?.[1];
}
