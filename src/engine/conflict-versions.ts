import { AutosyncError } from '../model/errors.js';
import type { RelativePath } from '../model/paths.js';
import { joinPath, lstatIfPresent, readIfPresent } from '../system/files.js';
import { printable } from '../system/printable.js';
import type { WorkingTree } from '../vcs/vcs.js';
import type { OpenConflict } from './inbox.js';

/** The three versions of a file in conflict, as they stand now. */
export type ConflictVersions = {
  /** The common ancestor's; undefined where there is none, as for two new files of one name. */
  readonly base: Buffer | undefined;
  readonly mine: Buffer;
  readonly theirs: Buffer;
};

/** Reads the versions of a conflict; only two plain files can be merged by a tool. */
export async function readVersions(tree: WorkingTree, conflict: OpenConflict): Promise<ConflictVersions> {
  const { path, copy, state, mine } = conflict;
  if (state === 'paused') return await readPaused(tree, path);
  const kept = plainFile(tree, path, path);
  const other = plainFile(tree, copy ?? path, path);
  const base = conflict.merge === undefined ? undefined : await sharedVersion(tree, path, sidesOf(conflict.merge));
  return mine === 'other' ? { base, mine: other, theirs: kept } : { base, mine: kept, theirs: other };
}

/** Tells whether both versions are still as they were read. */
export async function isUnchanged(
  tree: WorkingTree,
  conflict: OpenConflict,
  { mine, theirs }: ConflictVersions,
): Promise<boolean> {
  const now = await readVersions(tree, conflict).catch((error: unknown) => {
    if (error instanceof AutosyncError) return undefined;
    throw error;
  });
  return now?.mine.equals(mine) === true && now.theirs.equals(theirs);
}

type Sides = readonly [ours: string, theirs: string];

const sidesOf = (merge: string): Sides => [`${merge}^1`, `${merge}^2`];

async function readPaused(tree: WorkingTree, path: RelativePath): Promise<ConflictVersions> {
  const { branch, head } = await tree.inspect();
  const hub = await tree.versions.hubHead(branch);
  const theirs = hub === undefined ? undefined : await tree.versions.read(hub, path);
  if (head === undefined || hub === undefined || theirs === undefined) throw notTwoFiles(path);
  return { base: await sharedVersion(tree, path, [head, hub]), mine: plainFile(tree, path, path), theirs };
}

/** Finds what both sides began with, under the name that it had then. */
async function sharedVersion({ versions }: WorkingTree, path: RelativePath, sides: Sides): Promise<Buffer | undefined> {
  const [ours, theirs] = sides;
  const ancestor = await versions.ancestor(ours, theirs);
  if (ancestor === undefined) return undefined;
  const names = new Set<RelativePath>([path]);
  for (const from of sides) {
    for (const version of await versions.list({ path, from, limit: MANY_VERSIONS })) names.add(version.path);
  }
  for (const name of names) {
    const found = await versions.read(ancestor, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A file that was renamed more often has had its name for long enough. */
const MANY_VERSIONS = 1000;

function plainFile({ top }: WorkingTree, at: RelativePath, path: RelativePath): Buffer {
  const file = joinPath(top, at);
  const bytes = lstatIfPresent(file)?.isFile() === true ? readIfPresent(file) : undefined;
  if (bytes === undefined) throw notTwoFiles(path);
  return bytes;
}

const notTwoFiles = (path: RelativePath): AutosyncError =>
  new AutosyncError(
    'failed',
    `the versions of '${printable(path)}' are not two plain files, which a tool could merge`,
    ['take --keep mine, theirs or both'],
  );
