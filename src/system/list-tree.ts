import { constants, type Dirent, Stats } from 'node:fs';
import { basename, dirname } from 'node:path/posix';
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
    if (stats !== undefined && stats !== 'closed') entries.push({ path: asRelative(name), stats });
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

/** Which paths of a tree are meant: all that some pattern includes (without one, all) and that none leaves out. */
export type PathPatterns = { readonly include: readonly string[]; readonly ignore: readonly string[] };

/**
 * Returns which of some paths are meant by patterns, without a look at the disk: fast-glob is shown a tree that is made
 * of those paths alone, since some of them are gone and the rest of the tree does not matter.
 */
export function selectPaths(paths: readonly string[], { include, ignore }: PathPatterns): ReadonlySet<string> {
  if (include.length === 0 && ignore.length === 0) return new Set(paths);
  // Fast-glob takes a backslash for an escape, and cannot name what is no text: for the patterns they are any letter.
  const shown = new Map<string, string[]>();
  for (const path of paths) {
    const name = path.replace(/\/$/, '').replaceAll(/[\p{Cc}\p{Cs}\\]/gu, '_');
    shown.set(name, [...(shown.get(name) ?? []), path]);
  }
  const found = glob.sync(include.length === 0 ? ['**'] : include.flatMap(asGlobs), {
    ...NAMES_ONLY,
    cwd: '/',
    ignore: ignore.flatMap(asGlobs),
    braceExpansion: false,
    extglob: false,
    stats: true,
    fs: treeOf([...shown.keys()]),
  });
  return new Set(found.flatMap(({ path }) => shown.get(path) ?? []));
}

/** A pattern of one name means that name in any folder, one with a folder is meant from the top; and all below it. */
function asGlobs(pattern: string): readonly string[] {
  const plain = pattern.replace(/^\//, '').replace(/\/$/, '');
  const anywhere = plain === pattern.replace(/\/$/, '') && !plain.includes('/');
  return anywhere ? [`**/${plain}`, `**/${plain}/**`] : [plain, `${plain}/**`];
}

/** The two methods of a file system that fast-glob needs to list names and look at each. */
type ListedFileSystem = Required<Pick<NonNullable<glob.Options['fs']>, 'lstatSync' | 'readdirSync'>>;

/** Returns a file system that holds some paths, and the folders above them. */
function treeOf(paths: readonly string[]): ListedFileSystem {
  const folders = new Map<string, Set<string>>([['/', new Set()]]);
  for (const path of paths) {
    for (let at = `/${path}`; at !== '/'; at = dirname(at)) {
      const names = folders.get(dirname(at)) ?? new Set();
      folders.set(dirname(at), names.add(basename(at)));
    }
  }
  function readdirSync(folder: string, options: { withFileTypes: true }): Dirent[];
  function readdirSync(folder: string): string[];
  function readdirSync(folder: string, options?: { withFileTypes: true }): Dirent[] | string[] {
    if (options !== undefined) throw new Error('fast-glob asked for more than names');
    return [...(folders.get(folder) ?? [])];
  }
  const lstatSync = (path: string): Stats => {
    if (folders.has(path)) return FOLDER;
    if (folders.get(dirname(path))?.has(basename(path)) === true) return FILE;
    throw Object.assign(new Error(`no such path: '${path}'`), { code: 'ENOENT' });
  };
  return { readdirSync, lstatSync };
}

const ofKind = (mode: number): Stats => Object.create(Stats.prototype, { mode: { value: mode } });
const FOLDER = ofKind(constants.S_IFDIR);
const FILE = ofKind(constants.S_IFREG);
