import { dirname } from 'node:path/posix';
import { errorCode } from '../../model/errors.js';
import type { AbsolutePath } from '../../model/paths.js';
import {
  joinPath,
  lstatIfPresent,
  makeFolder,
  makeSharedFolder,
  move,
  remove,
  removeEmptyFolder,
  removeTree,
} from '../../system/files.js';
import type { Journal, PlacementFolders } from './journal.js';
import { linkIntoPlace, PLACEHOLDER_MODE } from './link-into-place.js';
import type { PlanRequest, Step } from './plan.js';

/** A placement to take back. */
export type RollBackRequest = Pick<PlanRequest, 'top' | 'matches' | 'copyName'> & {
  readonly journal: Journal;
  readonly folders: PlacementFolders;
};

/**
 * Takes a placement back: what we put in place is taken out, unless somebody has changed it since; what was moved
 * aside returns to its name, or to a name beside it where that one is taken. Every step may be repeated, so a
 * roll-back that is itself cut short is simply done again.
 */
export async function rollBack(request: RollBackRequest): Promise<void> {
  const { journal, folders, top } = request;
  for (const step of [...journal.steps].reverse()) await takeOut(request, step);
  for (const folder of [...journal.newFolders].reverse()) removeEmptyFolder(joinPath(top, folder));
  for (const step of journal.steps) await bringBack(request, step);
  removeTree(folders.root);
}

/** Takes a new version out of the working tree, if it still is the file that we linked there. */
async function takeOut({ top, matches, folders }: RollBackRequest, step: Step): Promise<void> {
  if (step.new === undefined || step.adopted || step.new.mode === '160000') return;
  const at = joinPath(top, step.path);
  const bin = joinPath(folders.bin, String(step.n));
  const binned = lstatIfPresent(bin);
  if (binned === undefined) {
    if (!(await isOurs({ at, fresh: joinPath(folders.fresh, step.path), step, matches }))) return;
    makeFolder(folders.bin);
    move(at, bin);
  }
  if (lstatIfPresent(bin)?.size === 0 || (await matches(step.path, bin, step.new))) return;
  // Somebody wrote to it in the last moment: it is his work now, and stays.
  if (putBack(bin, at)) remove(bin);
}

type Ours = {
  readonly at: AbsolutePath;
  readonly fresh: AbsolutePath;
  readonly step: Step;
  readonly matches: PlanRequest['matches'];
};

async function isOurs({ at, fresh, step, matches }: Ours): Promise<boolean> {
  const stats = lstatIfPresent(at);
  if (stats === undefined || stats.isDirectory() || step.new === undefined) return false;
  const staged = lstatIfPresent(fresh);
  // The empty file that holds a place where links are refused: there is no byte in it to lose.
  if (staged !== undefined && stats.size === 0 && stats.isFile() && (stats.mode & 0o777) === PLACEHOLDER_MODE)
    return true;
  // Linked: the same inode. Where links are refused the staged file was moved away, and only its content can tell.
  if (staged !== undefined && staged.ino !== stats.ino) return false;
  if (staged === undefined && step.old !== undefined && (await matches(step.path, at, step.old))) return false;
  return await matches(step.path, at, step.new);
}

/** Returns an old version, or what stood in the way, to its name. */
async function bringBack({ top, matches, folders, copyName }: RollBackRequest, step: Step): Promise<void> {
  const aside = joinPath(folders.old, String(step.n));
  const at = joinPath(top, step.path);
  if (step.copy !== undefined) return bringCopyBack(aside, joinPath(top, step.copy), at);
  if (step.old === undefined || lstatIfPresent(aside) === undefined) return;
  makeSharedFolder(joinPath(top, dirname(step.path)));
  if (putBack(aside, at)) return remove(aside);
  if (isSameFile(aside, at)) return remove(aside);
  // Its name was taken meanwhile. What is in the last commit is safe there; anything else keeps a name of its own.
  if (await matches(step.path, aside, step.old)) return remove(aside);
  if (putBack(aside, joinPath(top, copyName(step.path, aside)))) remove(aside);
}

/** Returns something that had stood in the way from its copy's name, when the old name is free again. */
function bringCopyBack(aside: AbsolutePath, copy: AbsolutePath, at: AbsolutePath): void {
  const isAside = lstatIfPresent(aside) !== undefined;
  const from = isAside ? aside : copy;
  if (lstatIfPresent(from) === undefined || lstatIfPresent(at) !== undefined) return;
  if (lstatIfPresent(from)?.isDirectory() === true) {
    move(from, at);
    return;
  }
  if (!putBack(from, at)) return;
  if (isAside && isSameFile(aside, copy)) remove(copy);
  remove(from);
}

const isSameFile = (one: AbsolutePath, other: AbsolutePath): boolean => {
  const [first, second] = [lstatIfPresent(one), lstatIfPresent(other)];
  return first !== undefined && second !== undefined && first.ino === second.ino && first.dev === second.dev;
};

/** Gives a file back its name; false when the name is taken. */
function putBack(from: AbsolutePath, to: AbsolutePath): boolean {
  try {
    return linkIntoPlace(from, to);
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR' || errorCode(error) === 'EISDIR') return false;
    throw error;
  }
}
