import { errorCode } from '../../model/errors.js';
import { type AbsolutePath, asRelative, type RelativePath } from '../../model/paths.js';
import {
  flushFile,
  joinPath,
  listNames,
  lstatIfPresent,
  makeFolder,
  move,
  removeEmptyFolder,
  removeTree,
  setMode,
} from '../../system/files.js';
import { fingerprint } from './fingerprint.js';
import {
  type IsCommitted,
  type Journal,
  type PlacementFolders,
  placementFolders,
  type StagedStep,
  writeJournal,
} from './journal.js';
import { giveName } from './keep-beside.js';
import { linkIntoPlace } from './link-into-place.js';
import { hasRealParents, makeParents, parentsOf } from './parents.js';
import { asTaken, oneFile, type PlanRequest, plan, type Step, type Surprise } from './plan.js';
import { rollBack } from './roll-back.js';
import { folded, isSameFile } from './spelling.js';

/** A placement: from what stands in the working tree to what shall stand there. */
export type PlaceRequest = PlanRequest & {
  /** A folder of ours on the working tree's own file system. */
  readonly staging: AbsolutePath;
  readonly branch: string;
  readonly from: string;
  readonly to: string;
  /** Writes the new versions, complete, below a folder, under their own paths; nothing has been moved yet. */
  readonly stage: (request: StageRequest) => Promise<void>;
  /** Keeps the version control system's own commands out while something runs; answers `held` where it cannot. */
  readonly exclusively: <T>(held: T, body: () => Promise<T>) => Promise<T>;
  /** Makes the new versions official, by compare-and-swap; says why when somebody was faster. */
  readonly commit: () => Promise<true | string>;
  readonly isCommitted: IsCommitted;
};

/** The new versions to write, and what is going to be moved aside for them. */
export type StageRequest = {
  readonly folder: AbsolutePath;
  readonly paths: readonly RelativePath[];
  readonly displaced: readonly Displaced[];
};

/** A file that stood in the way and is kept under another name. */
export type Displaced = { readonly path: RelativePath; readonly copy: RelativePath };

/** What became of a placement; after a surprise everything is as it was. */
export type Placed =
  | { readonly kind: 'placed'; readonly displaced: readonly Displaced[]; readonly files: number }
  | { readonly kind: 'surprise'; readonly surprise: Surprise };

/**
 * Puts a new tree in place so that a save, or our own death, at any moment loses nothing: each old file is renamed
 * aside and only then compared with what was expected; each new one is linked into place, which refuses to overwrite
 * (where it replaces an old one, in the same breath);
 * the ones aside are compared once more, since a program may still have held one open; any surprise takes all back.
 * The old versions stay aside until the next run has looked at them for late writers.
 */
export async function place(request: PlaceRequest): Promise<Placed> {
  const steps = await plan(request);
  if ('what' in steps) return { kind: 'surprise', surprise: steps };
  const folders = placementFolders(request.staging);
  const journal = newJournal(request, await prepare(request, steps, folders));
  const surprise = await request.exclusively<Surprise | undefined>(BUSY, () => attempt(request, journal, folders));
  if (surprise !== undefined) {
    removeTree(folders.root);
    return { kind: 'surprise', surprise };
  }
  move(folders.root, joinPath(request.staging, `aside-${Date.now()}-${process.pid}`));
  return { kind: 'placed', displaced: displacedBy(steps), files: request.differences.length };
}

const displacedBy = (steps: readonly Step[]): readonly Displaced[] =>
  steps.flatMap(({ path, copy }) => (copy === undefined ? [] : [{ path, copy }]));

/** The surprise that the version control system's own commands could not be kept out. */
export const BUSY: Surprise = { path: asRelative('.'), what: 'is being worked on by another program' };

async function prepare(
  request: PlaceRequest,
  steps: readonly Step[],
  folders: PlacementFolders,
): Promise<readonly StagedStep[]> {
  makeFolder(folders.old);
  makeFolder(folders.fresh);
  // Already now: taking everything back must need no space.
  makeFolder(folders.bin);
  const arriving = steps.filter((step) => step.new !== undefined && !step.adopted);
  const paths = arriving.map(({ path }) => path);
  await request.stage({ folder: folders.fresh, paths, displaced: displacedBy(steps) });
  for (const { path } of arriving) {
    const fresh = joinPath(folders.fresh, path);
    if (lstatIfPresent(fresh)?.isSymbolicLink() === true) continue;
    keepPermissions(joinPath(request.top, path), fresh);
    flushFile(fresh);
  }
  const staged = new Set(arriving);
  return steps.map((step) => ({
    ...step,
    newPrint: staged.has(step) ? fingerprint(joinPath(folders.fresh, step.path)) : undefined,
  }));
}

/** Gives a new version the permissions of the old one: a file that was the person's alone stays so. */
function keepPermissions(old: AbsolutePath, fresh: AbsolutePath): void {
  const before = lstatIfPresent(old);
  const after = lstatIfPresent(fresh);
  if (before?.isFile() !== true || after?.isFile() !== true) return;
  const readers = before.mode & 0o666;
  // Unreadable even for its owner: that was an accident, and a new version that nobody can read helps nobody.
  if ((readers & 0o400) === 0) return;
  const executors = (after.mode & 0o100) === 0 ? 0 : (readers & 0o444) >> 2;
  setMode(fresh, readers | executors);
}

function newJournal({ top, branch, from, to }: PlaceRequest, steps: readonly StagedStep[]): Journal {
  const newFolders = new Set<RelativePath>();
  for (const step of steps) {
    if (step.new === undefined) continue;
    for (const folder of parentsOf(step.path)) {
      if (lstatIfPresent(joinPath(top, folder))?.isDirectory() !== true) newFolders.add(folder);
    }
  }
  return { schema: 1, branch, from, to, steps, newFolders: [...newFolders] };
}

/** Does the steps under a journal; takes them back at the first surprise, and returns it. */
async function attempt(
  request: PlaceRequest,
  journal: Journal,
  folders: PlacementFolders,
): Promise<Surprise | undefined> {
  writeJournal(folders, journal);
  try {
    const surprise = await doSteps(request, journal.steps, folders);
    if (surprise !== undefined) rollBack({ ...request, journal, folders });
    return surprise;
  } catch (error) {
    // A full disk, an error of the disk: nothing half done may stay while somebody could work on it. What is official
    // already stays: files taken back then would look like the person's wish to undo it.
    if (!(await request.isCommitted(journal))) rollBack({ ...request, journal, folders });
    throw error;
  }
}

async function doSteps(
  request: PlaceRequest,
  steps: readonly Step[],
  folders: PlacementFolders,
): Promise<Surprise | undefined> {
  const met = exchange(request, steps, folders);
  if (met !== undefined) return met;
  const late = findLateWrite(steps, folders);
  if (late !== undefined) return late;
  // A disk that takes two names for one may have let a version that stood there already leave under the other.
  const missing = steps.find((step) => arrives(step) && lstatIfPresent(joinPath(request.top, step.path)) === undefined);
  if (missing !== undefined) return { path: missing.path, what: 'vanished' };
  // Now, not with the rest: taking a file's second name away later would make git doubt an index that knows its ctime.
  removeTree(folders.fresh);
  const done = await request.commit();
  if (done !== true) return { path: asRelative('.'), what: done };
  for (const step of steps) if (step.new === undefined) removeEmptyParents(request.top, step.path);
  return undefined;
}

/** Moves the old versions aside and puts the new ones in their places, up to the first surprise. */
function exchange(request: PlaceRequest, steps: readonly Step[], folders: PlacementFolders): Surprise | undefined {
  const replaced = replacedIn(steps);
  for (const step of asTaken(steps)) {
    const surprise = replaced.has(step) ? undefined : moveAside(request, step, folders);
    if (surprise !== undefined) return surprise;
  }
  for (const step of steps) {
    const met = replaced.has(step) ? moveAside(request, step, folders) : undefined;
    if (met !== undefined) return met;
    const surprise = putInPlace(request.top, step, folders);
    if (surprise !== undefined) return twinOf(request.top, step, steps) ?? surprise;
  }
  return undefined;
}

/**
 * Returns the steps whose old version makes way for the new one at once: a name is without its file for a moment only, and
 * a disk that refuses everything from then on keeps no other file out of its place. Paths that a disk may take for one
 * are not among them.
 */
function replacedIn(steps: readonly Step[]): ReadonlySet<Step> {
  const names = new Map<string, number>();
  for (const { path } of steps) names.set(folded(path), (names.get(folded(path)) ?? 0) + 1);
  return new Set(steps.filter((step) => leaves(step) && arrives(step) && names.get(folded(step.path)) === 1));
}

const leaves = ({ oldPrint, copy }: Step): boolean => oldPrint !== undefined || copy !== undefined;

const arrives = (step: Step): boolean => step.new !== undefined && step.new.mode !== '160000';

/** Says which other arriving path has taken a path's place, on a disk that takes two names for one. */
function twinOf(top: AbsolutePath, step: Step, steps: readonly Step[]): Surprise | undefined {
  const isTwin = ({ path }: Step): boolean =>
    folded(path) === folded(step.path) && isSameFile(joinPath(top, path), joinPath(top, step.path));
  const twin = steps.find((other) => other !== step && arrives(other) && isTwin(other));
  return twin && oneFile(step.path, twin.path);
}

/** Looks at the old versions once more: a program that held one open may have written to it since it was moved. */
function findLateWrite(steps: readonly Step[], folders: PlacementFolders): Surprise | undefined {
  const written = steps.find(
    (step) => step.oldPrint !== undefined && fingerprint(aside(folders, step)) !== step.oldPrint,
  );
  return written && { path: written.path, what: 'was written to while it was being replaced' };
}

const aside = (folders: PlacementFolders, step: Pick<Step, 'n'>): AbsolutePath => joinPath(folders.old, String(step.n));

function moveAside(request: PlaceRequest, step: Step, folders: PlacementFolders): Surprise | undefined {
  if (!leaves(step)) return undefined;
  const at = joinPath(request.top, step.path);
  const stats = lstatIfPresent(at);
  if (stats === undefined) return { path: step.path, what: 'vanished' };
  if (!hasRealParents(request.top, step.path)) return { path: step.path, what: 'lies behind a symbolic link' };
  if (step.copy === undefined && stats.isDirectory()) return { path: step.path, what: 'became a folder' };
  const to = aside(folders, step);
  try {
    move(at, to);
  } catch (error) {
    return { path: step.path, what: `cannot be moved aside (${errorCode(error) ?? 'unknown'})` };
  }
  if (step.copy !== undefined) {
    return giveName(to, joinPath(request.top, step.copy)) ? undefined : { path: step.copy, what: 'is taken' };
  }
  return fingerprint(to) === step.oldPrint ? undefined : { path: step.path, what: 'changed meanwhile' };
}

function putInPlace(top: AbsolutePath, step: Step, folders: PlacementFolders): Surprise | undefined {
  if (!arrives(step) || step.adopted) return undefined;
  const at = joinPath(top, step.path);
  try {
    if (lstatIfPresent(at)?.isDirectory() === true) removeEmptyTree(at);
    if (!makeParents(top, step.path)) return { path: step.path, what: 'lies behind a symbolic link' };
    if (linkIntoPlace(joinPath(folders.fresh, step.path), at)) return undefined;
  } catch (error) {
    return { path: step.path, what: `cannot be put in place (${errorCode(error) ?? String(error)})` };
  }
  return { path: step.path, what: 'appeared meanwhile' };
}

/** Removes the folders above a path that hold nothing any more, as git and hg do. */
function removeEmptyParents(top: AbsolutePath, path: RelativePath): void {
  for (const parent of [...parentsOf(path)].reverse()) {
    if (!removeEmptyFolder(joinPath(top, parent))) return;
  }
}

/** Removes a folder that holds nothing but folders of the same kind; whatever holds a file stays. */
function removeEmptyTree(folder: AbsolutePath): void {
  for (const name of listNames(folder)) {
    const path = joinPath(folder, name);
    if (lstatIfPresent(path)?.isDirectory() === true) removeEmptyTree(path);
  }
  removeEmptyFolder(folder);
}
