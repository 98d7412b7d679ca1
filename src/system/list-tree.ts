import type { Stats } from 'node:fs';
import glob from 'fast-glob';
import { type AbsolutePath, asAbsolute, asRelative, type RelativePath } from '../model/paths.js';
import { lstatIfAllowed } from './files.js';

/** One entry of a tree as it stands on the disk. */
export type TreeEntry = { readonly path: RelativePath; readonly stats: Stats };

const NAMES_ONLY = {
  dot: true,
  onlyFiles: false,
  followSymbolicLinks: false,
  // Never `stats: true`: one entry that vanishes, or one name outside UTF-8, would drop its whole folder (field notes).
  stats: false,
  suppressErrors: true,
} as const;

/**
 * Lists everything below some folders of a tree, each entry looked at by itself; what lies inside a nested
 * repository's metadata is left out. Names with a newline or bytes outside UTF-8 are not listed: the version
 * control system's own byte-exact list has them.
 */
export function listTree(top: AbsolutePath, folders: readonly RelativePath[]): TreeEntry[] {
  const patterns = folders.map((folder) => `${glob.escapePath(folder.replace(/\/$/, ''))}/**`);
  if (patterns.length === 0) return [];
  const names = glob.sync(patterns, { ...NAMES_ONLY, cwd: top, ignore: ['**/.git/**', '**/.hg/**'] });
  const entries: TreeEntry[] = [];
  for (const name of names) {
    const stats = lstatIfAllowed(`${top}/${name}`);
    if (typeof stats === 'object') entries.push({ path: asRelative(name), stats });
  }
  return entries;
}

/** Finds the working trees that a glob pattern names, or that lie below a folder it names; sorted, each once. */
export function findRepositories(pattern: string, from: AbsolutePath): AbsolutePath[] {
  const patterns = ['.git', '.hg'].flatMap((name) => [`${pattern}/${name}`, `${pattern}/**/${name}`]);
  const found = glob.sync(patterns, {
    ...NAMES_ONLY,
    cwd: from,
    absolute: true,
    ignore: ['**/node_modules/**', '**/.git/*/**', '**/.hg/*/**'],
  });
  return [...new Set(found.map((path) => path.replace(/\/\.(git|hg)$/, '')))].sort().map(asAbsolute);
}
