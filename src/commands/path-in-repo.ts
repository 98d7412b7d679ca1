import { basename, dirname, join, relative, sep } from 'node:path';
import { openTarget } from '../engine/deed.js';
import { type Target, targetOf } from '../engine/target.js';
import { AutosyncError } from '../model/errors.js';
import { type AbsolutePath, asAbsolute, asRelative, type RelativePath } from '../model/paths.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { readSettings } from '../store/config.js';
import { findRepoFor } from '../store/registry.js';
import { exists, isFolder, isTooLong, lstatIfPresent, realPath } from '../system/files.js';
import { printable } from '../system/printable.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { absolute, openTree } from './targets.js';
import type { Wiring } from './wiring.js';

/** A path that somebody typed, as its repository knows it; the top of the tree is the empty path. */
export type PathInRepo = { readonly target: Target; readonly path: RelativePath };

/** Finds the repository around a path, which need not exist any more, and what the path is called in there. */
export async function pathInRepo(wiring: Wiring, typed: string): Promise<PathInRepo> {
  if (typed === '') throw new AutosyncError('usage', 'the path is empty');
  const full = placeOf(typed);
  const target = await targetAround(wiring, full);
  const path = pathBelow(target.path, full);
  if (path === undefined) throw outside(typed, target.path);
  if (/^\.(git|hg)(\/|$)/i.test(path)) {
    throw new AutosyncError('usage', `'${printable(typed)}' is the repository's own, not a file in it`);
  }
  return { target, path: await nameAsBytes(wiring, target, path) };
}

/** Returns what another path is called in the same repository. */
export function pathInSame({ target }: PathInRepo, typed: string): RelativePath {
  const path = pathBelow(target.path, placeOf(typed));
  if (path === undefined || path === '') throw outside(typed, target.path);
  if (/^\.(git|hg)(\/|$)/i.test(path)) throw outside(typed, target.path);
  return path;
}

const outside = (typed: string, top: string): AutosyncError =>
  new AutosyncError('usage', `'${printable(typed)}' is outside of '${printable(top)}'`);

function placeOf(typed: string): AbsolutePath {
  const full = absolute(typed);
  if (isTooLong(full)) throw new AutosyncError('usage', `'${printable(typed)}' is too long for the name of a file`);
  return withRealParents(full);
}

/** Resolves the links on the way to a path, and not the path itself, which may be a link that is meant. */
function withRealParents(path: AbsolutePath): AbsolutePath {
  const folder = asAbsolute(dirname(path));
  return folder === path ? path : asAbsolute(join(resolved(folder), basename(path)));
}

function resolved(folder: AbsolutePath): AbsolutePath {
  if (exists(folder)) return realPath(folder);
  const parent = asAbsolute(dirname(folder));
  return parent === folder ? folder : asAbsolute(join(resolved(parent), basename(folder)));
}

function pathBelow(top: AbsolutePath, full: AbsolutePath): RelativePath | undefined {
  const path = relative(realPath(top), full === top ? realPath(full) : full);
  if (path === '..' || path.startsWith(`..${sep}`)) return undefined;
  return asRelative(path.split(sep).join('/'));
}

async function targetAround({ locations }: Wiring, full: AbsolutePath): Promise<Target> {
  // A link belongs to where it stands, not to where it leads.
  const start = lstatIfPresent(full)?.isDirectory() === true ? full : asAbsolute(dirname(full));
  const registered = findRepoFor(locations, { path: start, parseSchedule });
  if (registered !== undefined && isFolder(registered.path)) return targetOf(registered);
  const tree = await openTree(locations, nearestFolder(start));
  const settings = readSettings(locations, parseSchedule);
  return { path: tree.top, vcs: tree.vcs, settings, registered: undefined };
}

function nearestFolder(path: AbsolutePath): AbsolutePath {
  const parent = asAbsolute(dirname(path));
  return isFolder(path) || parent === path ? path : nearestFolder(parent);
}

/** What Node makes of bytes that are no text, when they come from the command line. */
const REPLACED = /\ufffd+/g;
const FOREIGN = /[\udc80-\udcff]+/gu;

/** Finds the one file whose name can have been meant by a word that has lost some of its bytes. */
async function nameAsBytes({ engine }: Wiring, target: Target, path: RelativePath): Promise<RelativePath> {
  if (!path.includes('\ufffd')) return path;
  const tree = await openTarget(engine, target);
  const wanted = path.replaceAll(REPLACED, '\ufffd');
  const names = new Set((await knownPaths(tree)).flatMap(withFolders));
  const found = [...names].filter((name) => name.replaceAll(FOREIGN, '\ufffd') === wanted);
  const [only] = found;
  if (only !== undefined && found.length === 1) return asRelative(only);
  throw new AutosyncError('usage', `the path '${printable(path)}' is not UTF-8 text, and no single file can be meant`);
}

async function knownPaths(tree: WorkingTree): Promise<readonly RelativePath[]> {
  const { head } = await tree.inspect();
  return head === undefined ? [] : (await tree.versions.entries(head)).map(({ path }) => path);
}

function withFolders(path: string): readonly string[] {
  const at = path.lastIndexOf('/');
  return at < 0 ? [path] : [path, ...withFolders(path.slice(0, at))];
}
