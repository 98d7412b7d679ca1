import { dirname } from 'node:path/posix';
import { errorCode } from '../../model/errors.js';
import { type AbsolutePath, asRelative, type RelativePath } from '../../model/paths.js';
import {
  flushFile,
  joinPath,
  listNames,
  lstatIfPresent,
  makeFolder,
  makeSharedFolder,
  move,
  removeEmptyFolder,
  setMode,
} from '../../system/files.js';
import { type Journal, type PlacementFolders, placementFolders, writeJournal } from './journal.js';
import { linkIntoPlace } from './link-into-place.js';
import { type PlanRequest, plan, type Step, type Surprise } from './plan.js';
import { rollBack } from './roll-back.js';

/** A placement: from what stands in the working tree to what shall stand there. */
export type PlaceRequest = PlanRequest & {
  /** A folder of ours on the working tree's own file system. */
  readonly staging: AbsolutePath;
  readonly from: string;
  readonly to: string;
  /** Writes the new versions, complete, below a folder, under their own paths. */
  readonly stage: (folder: AbsolutePath, paths: readonly RelativePath[]) => Promise<void>;
  /** Makes the new versions official, by compare-and-swap; false when somebody was faster. */
  readonly commit: () => Promise<true | string>;
};

/** A file that stood in the way and is kept under another name. */
export type Displaced = { readonly path: RelativePath; readonly copy: RelativePath };

/** What became of a placement; after a surprise everything is as it was. */
export type Placed =
  | { readonly kind: 'placed'; readonly displaced: readonly Displaced[]; readonly files: number }
  | { readonly kind: 'surprise'; readonly surprise: Surprise };

/**
 * Puts a new tree in place so that a save, or our own death, at any moment loses nothing: each old file is renamed
 * aside and only then compared with what was expected; each new one is linked into place, which refuses to overwrite;
 * the ones aside are compared once more, since a program may still have held one open; any surprise takes all back.
 * The old versions stay aside until the next run has looked at them for late writers.
 */
export async function place(request: PlaceRequest): Promise<Placed> {
  const steps = await plan(request);
  if ('what' in steps) return { kind: 'surprise', surprise: steps };
  const folders = placementFolders(request.staging);
  await prepare(request, steps, folders);
  const journal = newJournal(request, steps);
  writeJournal(folders, journal);
  let surprise: Surprise | undefined;
  try {
    surprise = await attempt(request, journal, folders);
  } catch (error) {
    // A full disk, an error of the disk: nothing half done may stay while somebody could work on it.
    await rollBack({ ...request, journal, folders });
    throw error;
  }
  if (surprise !== undefined) {
    await rollBack({ ...request, journal, folders });
    return { kind: 'surprise', surprise };
  }
  move(folders.root, joinPath(request.staging, `aside-${Date.now()}-${process.pid}`));
  const displaced = steps.flatMap(({ path, copy }) => (copy === undefined ? [] : [{ path, copy }]));
  return { kind: 'placed', displaced, files: request.differences.length };
}

async function prepare(request: PlaceRequest, steps: readonly Step[], folders: PlacementFolders): Promise<void> {
  makeFolder(folders.old);
  makeFolder(folders.fresh);
  const arriving = steps.filter((step) => step.new !== undefined && !step.adopted);
  await request.stage(
    folders.fresh,
    arriving.map(({ path }) => path),
  );
  for (const { path, new: content } of arriving) {
    const fresh = joinPath(folders.fresh, path);
    if (content?.mode === '120000') continue;
    keepPermissions(joinPath(request.top, path), fresh);
    flushFile(fresh);
  }
}

/** Gives a new version the permissions of the old one: a file that was the person's alone stays so. */
function keepPermissions(old: AbsolutePath, fresh: AbsolutePath): void {
  const before = lstatIfPresent(old);
  const after = lstatIfPresent(fresh);
  if (before?.isFile() !== true || after?.isFile() !== true) return;
  const readers = before.mode & 0o666;
  const executors = (after.mode & 0o100) === 0 ? 0 : (readers & 0o444) >> 2;
  setMode(fresh, readers | executors);
}

function newJournal(request: PlaceRequest, steps: readonly Step[]): Journal {
  const newFolders = new Set<string>();
  for (const step of steps) {
    if (step.new === undefined) continue;
    const missing: string[] = [];
    for (let parent = dirname(step.path); parent !== '.'; parent = dirname(parent)) {
      if (lstatIfPresent(joinPath(request.top, parent))?.isDirectory() !== true) missing.unshift(parent);
    }
    for (const folder of missing) newFolders.add(folder);
  }
  return { schema: 1, from: request.from, to: request.to, steps, newFolders: [...newFolders].map(asRelative) };
}

/** Does the steps in their order; returns the first surprise. */
async function attempt(
  request: PlaceRequest,
  journal: Journal,
  folders: PlacementFolders,
): Promise<Surprise | undefined> {
  const { steps } = journal;
  for (const step of steps) {
    const surprise = await moveAside(request, step, folders);
    if (surprise !== undefined) return surprise;
  }
  for (const step of steps) {
    const surprise = putInPlace(request.top, step, folders);
    if (surprise !== undefined) return surprise;
  }
  const late = await findLateWrite(request, steps, folders);
  if (late !== undefined) return late;
  const done = await request.commit();
  if (done !== true) return { path: asRelative('.'), what: done };
  for (const step of steps) if (step.new === undefined) removeEmptyParents(request.top, step.path);
  return undefined;
}

/** Looks at the old versions once more: a program that held one open may have written to it since it was moved. */
async function findLateWrite(
  request: PlaceRequest,
  steps: readonly Step[],
  folders: PlacementFolders,
): Promise<Surprise | undefined> {
  for (const step of steps) {
    if (step.old === undefined || step.copy !== undefined) continue;
    if (!(await request.matches(step.path, aside(folders, step), step.old))) {
      return { path: step.path, what: 'was written to while it was being replaced' };
    }
  }
  return undefined;
}

const aside = (folders: PlacementFolders, step: Pick<Step, 'n'>): AbsolutePath => joinPath(folders.old, String(step.n));

async function moveAside(request: PlaceRequest, step: Step, folders: PlacementFolders): Promise<Surprise | undefined> {
  if (step.adopted || (step.old === undefined && step.copy === undefined)) return undefined;
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
  if (step.copy !== undefined) return putCopy(request.top, step.copy, to);
  if (step.old !== undefined && (await request.matches(step.path, to, step.old))) return undefined;
  return { path: step.path, what: 'changed meanwhile' };
}

/** Gives what stood in the way its new name; a folder is moved there, a file gets a second name. */
function putCopy(top: AbsolutePath, copy: RelativePath, from: AbsolutePath): Surprise | undefined {
  const to = joinPath(top, copy);
  if (lstatIfPresent(to) !== undefined) return { path: copy, what: 'is taken' };
  if (lstatIfPresent(from)?.isDirectory() === true) {
    move(from, to);
    return undefined;
  }
  return linkIntoPlace(from, to) ? undefined : { path: copy, what: 'is taken' };
}

function putInPlace(top: AbsolutePath, step: Step, folders: PlacementFolders): Surprise | undefined {
  if (step.new === undefined || step.adopted || step.new.mode === '160000') return undefined;
  const at = joinPath(top, step.path);
  try {
    if (lstatIfPresent(at)?.isDirectory() === true) removeEmptyTree(at);
    makeSharedFolder(joinPath(top, dirname(step.path)));
    if (!hasRealParents(top, step.path)) return { path: step.path, what: 'lies behind a symbolic link' };
    if (linkIntoPlace(joinPath(folders.fresh, step.path), at)) return undefined;
  } catch (error) {
    return { path: step.path, what: `cannot be put in place (${errorCode(error) ?? String(error)})` };
  }
  return { path: step.path, what: 'appeared meanwhile' };
}

/** Tells whether every folder above a path is a folder and no link that leads elsewhere. */
export function hasRealParents(top: AbsolutePath, path: RelativePath): boolean {
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    if (lstatIfPresent(joinPath(top, parent))?.isDirectory() !== true) return false;
  }
  return true;
}

/** Removes the folders above a path that hold nothing any more, as git and hg do. */
export function removeEmptyParents(top: AbsolutePath, path: RelativePath): void {
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    if (!removeEmptyFolder(joinPath(top, parent))) return;
  }
}

/** Removes a folder that holds nothing but folders of the same kind; whatever holds a file stays. */
export function removeEmptyTree(folder: AbsolutePath): void {
  for (const name of listNames(folder)) {
    const path = joinPath(folder, name);
    if (lstatIfPresent(path)?.isDirectory() === true) removeEmptyTree(path);
  }
  removeEmptyFolder(folder);
}
