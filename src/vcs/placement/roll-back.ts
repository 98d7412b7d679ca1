import { errorCode } from '../../model/errors.js';
import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent, move, remove, removeEmptyFolder } from '../../system/files.js';
import { fingerprint } from './fingerprint.js';
import { discard, type Journal, type PlacementFolders, type StagedStep } from './journal.js';
import { giveName, type KeepRequest, keepBeside } from './keep-beside.js';
import { PLACEHOLDER_MODE } from './link-into-place.js';
import { makeParents } from './parents.js';
import { asTaken } from './plan.js';
import { isSameFile } from './spelling.js';

/** A placement to take back. */
export type RollBackRequest = KeepRequest & {
  readonly staging: AbsolutePath;
  readonly journal: Journal;
  readonly folders: PlacementFolders;
};

/**
 * Takes a placement back: what we put in place is taken out, unless somebody has changed it since; what was moved
 * aside returns to its name, or to a name beside it where that one is taken. Every step may be repeated, so a
 * roll-back that is itself cut short is simply done again.
 */
export function rollBack(request: RollBackRequest): void {
  const { journal, folders, top } = request;
  for (const step of [...journal.steps].reverse()) takeOut(request, step);
  for (const folder of [...journal.newFolders].reverse()) removeEmptyFolder(joinPath(top, folder));
  const failures = [...asTaken(journal.steps)].reverse().flatMap((step) => failureOf(() => bringBack(request, step)));
  // On a full disk there is room for no folder, and yet for the files that need none; the next run brings the rest back.
  if (failures.length > 0) throw failures[0];
  discard(request.staging, folders);
}

function failureOf(body: () => void): readonly unknown[] {
  try {
    body();
    return [];
  } catch (error) {
    return [error];
  }
}

/** Takes a new version out of the working tree, if it still is the file that we linked there. */
function takeOut(request: RollBackRequest, step: StagedStep): void {
  if (step.newPrint === undefined) return;
  const { top, folders } = request;
  const at = joinPath(top, step.path);
  const bin = joinPath(folders.bin, String(step.n));
  if (lstatIfPresent(bin) === undefined) {
    if (!isOurs(at, joinPath(folders.fresh, step.path), step)) return;
    move(at, bin);
  }
  if (lstatIfPresent(bin)?.size === 0 || fingerprint(bin) === step.newPrint) return;
  // Somebody wrote to it in the last moment: it is his work now, and stays.
  if (!putBack(bin, at)) keepBeside(request, step.path, bin);
  remove(bin);
}

function isOurs(at: AbsolutePath, fresh: AbsolutePath, step: StagedStep): boolean {
  const stats = lstatIfPresent(at);
  if (stats === undefined || stats.isDirectory()) return false;
  const staged = lstatIfPresent(fresh);
  // Once all is in place, and always where links are refused, only the content can tell.
  if (staged === undefined) {
    const print = fingerprint(at);
    return print === step.newPrint && print !== step.oldPrint;
  }
  // The empty file that holds a place where links are refused: there is no byte in it to lose.
  if (stats.size === 0 && stats.isFile() && (stats.mode & 0o777) === PLACEHOLDER_MODE) return true;
  return staged.ino === stats.ino;
}

/** Returns an old version, or what stood in the way, to its name. */
function bringBack(request: RollBackRequest, step: StagedStep): void {
  const { top, folders } = request;
  const aside = joinPath(folders.old, String(step.n));
  const at = joinPath(top, step.path);
  if (step.copy !== undefined) bringCopyBack(request, { ...step, copy: step.copy }, aside);
  if (step.oldPrint === undefined || lstatIfPresent(aside) === undefined) return;
  // Its name may be taken meanwhile. What is in the last commit is safe there; anything else keeps a name of its own.
  const isHome = makeParents(top, step.path) && (putBack(aside, at) || isSameFile(aside, at));
  if (!isHome && fingerprint(aside) !== step.oldPrint) keepBeside(request, step.path, aside);
  remove(aside);
}

/** Returns something that had stood in the way from its copy's name, when the old name is free again. */
function bringCopyBack(
  request: RollBackRequest,
  step: StagedStep & { readonly copy: string },
  aside: AbsolutePath,
): void {
  const at = joinPath(request.top, step.path);
  const copy = joinPath(request.top, step.copy);
  const isAside = lstatIfPresent(aside) !== undefined;
  const from = isAside ? aside : copy;
  if (lstatIfPresent(from) === undefined) return;
  if (lstatIfPresent(at) === undefined && makeParents(request.top, step.path)) putBack(from, at);
  // Be it back since now, or since a roll-back that was cut short: no other name of it may stay.
  if (isSameFile(from, at) || lstatIfPresent(from) === undefined) {
    for (const name of [copy, aside]) if (isSameFile(name, at)) remove(name);
    return;
  }
  // The old name is taken: it stays under the copy's, or gets another.
  if (!isAside) return;
  if (!isSameFile(aside, copy)) keepBeside(request, step.path, aside);
  remove(aside);
}

/** Gives something its name back; false when the name is taken. */
function putBack(from: AbsolutePath, to: AbsolutePath): boolean {
  try {
    return giveName(from, to);
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR' || errorCode(error) === 'EISDIR') return false;
    throw error;
  }
}
