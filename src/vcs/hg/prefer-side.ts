import { dirname } from 'node:path';
import type { Conflict } from '../../model/outcome.js';
import { asRelative, type RelativePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent, makeSharedFolder, move, remove, removeTree } from '../../system/files.js';
import { splitPaths } from '../../system/path-bytes.js';
import { isAtOrBelow } from '../conflict-copy.js';
import { type PreferredSide, restorable } from '../preferred-side.js';
import { exactly, hgFailure } from './command.js';
import { changedPaths, modesOf } from './difference.js';
import { divergentRenames } from './divergent-renames.js';
import type { MergeShare } from './merge-share.js';
import {
  type ContentConflict,
  MERGE_STATE_ARGUMENTS,
  type PathConflict,
  parseMergeState,
} from './merge-state-parser.js';
import { changesetsOf } from './revisions.js';
import { type Ends, isLink, kindOf, putVersion, versionOf } from './settle-conflicts.js';

/** Whose version stands wherever the two ends cannot be merged. */
export type PreferRequest = Ends & { readonly side: PreferredSide };

/** What has been settled so far: `touched` is what hg has still to be told of, `dropped` where the other side lost. */
type Progress = {
  readonly share: MergeShare;
  readonly preferred: string;
  readonly other: string;
  readonly side: PreferredSide;
  readonly touched: RelativePath[];
  readonly dropped: RelativePath[];
};

/**
 * Settles every conflict of the merge in the share with the version of one side, be that a removal; the other's is a
 * parent of the merge and so stays in the history. What the preferred side has does not go away by it: a file that the
 * other side had renamed to a name in conflict is put back under its own.
 */
export async function preferSide(share: MergeShare, request: PreferRequest): Promise<readonly Conflict[]> {
  const { ours, theirs, side } = request;
  const [preferred, other] = side === 'ours' ? [ours, theirs] : [theirs, ours];
  const progress: Progress = { share, preferred, other, side, touched: [], dropped: [] };
  const conflicts: Conflict[] = [];
  for (const conflict of parseMergeState(await share.hg.output(MERGE_STATE_ARGUMENTS))) {
    conflicts.push(
      conflict.kind === 'path' ? await takePath(progress, conflict) : await takeContent(progress, conflict),
    );
    await share.hg.output(['resolve', '-q', '--mark', '--', ...exactly([conflict.path])]);
  }
  for (const rename of await divergentRenames(share, request)) conflicts.push(await takeName(progress, rename));
  await tell(share, progress.touched);
  if (conflicts.length === 0) return conflicts;
  const [base] = await changesetsOf(share, `ancestor(${ours}, ${theirs})`);
  if (base === undefined) return conflicts;
  const unmentioned = await takeRemovals(progress, base);
  await putBack(progress, base);
  return [...conflicts, ...unmentioned];
}

async function takeContent(progress: Progress, conflict: ContentConflict): Promise<Conflict> {
  const { share, preferred, other, side, touched, dropped } = progress;
  const { path } = conflict;
  const [from, lostFrom] = side === 'ours' ? [conflict.ours, conflict.theirs] : [conflict.theirs, conflict.ours];
  const chosen = await versionOf(share, preferred, from);
  const lost = await versionOf(share, other, lostFrom);
  if (chosen === undefined) remove(joinPath(share.top, path));
  else putVersion(share, path, chosen);
  touched.push(path);
  // Two versions of one file: the chosen one stands for it under whatever name.
  if (lost !== undefined && !(conflict.hasBase && chosen !== undefined)) dropped.push(path);
  if (chosen === undefined) return { path, kind: 'modify-delete' };
  if (lost === undefined) return { path, kind: 'modify-delete', kept: path };
  const isMode = chosen.data.equals(lost.data) && isLink(chosen) === isLink(lost);
  return { path, kind: isMode ? 'mode' : kindOf(conflict, chosen, lost), kept: path };
}

/** Takes the file that hg has set aside for a folder of its name, or that folder. */
async function takePath(progress: Progress, { path, setAside, side }: PathConflict): Promise<Conflict> {
  const { share, preferred, touched, dropped } = progress;
  const [at, aside] = [joinPath(share.top, path), joinPath(share.top, setAside)];
  touched.push(path, setAside);
  if (side === progress.side) {
    const below = (await tracked(share)).filter((name) => isAtOrBelow(name, path));
    dropped.push(...below);
    removeTree(at);
    // Hg takes no file where it still knows a folder.
    await tell(share, below);
    move(aside, at);
  } else {
    dropped.push(path);
    remove(aside);
    await tell(share, [setAside]);
    await putMissing(progress, await filesBelow(share, preferred, path));
  }
  return { path, kind: 'file-directory', kept: path };
}

/** Leaves of two names of one file, or of a name and a removal, what the preferred side has. */
async function takeName({ share, preferred, touched, dropped }: Progress, conflict: Conflict): Promise<Conflict> {
  const names = [conflict.kept, conflict.copy].filter((name) => name !== undefined);
  const known = await modesOf(share, preferred, names);
  for (const name of names) {
    if (known.has(name)) continue;
    remove(joinPath(share.top, name));
    touched.push(name);
    dropped.push(name);
  }
  const kept = names.find((name) => known.has(name));
  return { path: conflict.path, kind: 'rename', ...(kept === undefined ? {} : { kept }) };
}

/**
 * Takes what the preferred side has removed and the other changed: hg leaves that without a word where the preferred side
 * had renamed the file to a name in conflict.
 */
async function takeRemovals({ share, preferred, dropped }: Progress, base: string): Promise<readonly Conflict[]> {
  const changed = await changedPaths(share, base, preferred);
  const removed = changed.flatMap(({ letter, path }) => (letter === 'R' ? [path] : []));
  const left = removed.filter((path) => lstatIfPresent(joinPath(share.top, path))?.isDirectory() === false);
  for (const path of left) remove(joinPath(share.top, path));
  dropped.push(...left);
  await tell(share, left);
  return left.map((path) => ({ path, kind: 'modify-delete' }));
}

async function putBack(progress: Progress, base: string): Promise<void> {
  const { share, other, dropped } = progress;
  if (dropped.length === 0) return;
  const changed = await changedPaths(share, base, other);
  const removed = new Set(changed.flatMap(({ letter, path }) => (letter === 'R' ? [path as string] : [])));
  const renames = changed.flatMap(({ letter, path, source }) =>
    letter === 'A' && removed.has(source) ? [{ path, from: asRelative(source) }] : [],
  );
  if (renames.length === 0) return;
  const standing = new Map((await tracked(share)).map((path) => [path, true] as const));
  const missing = restorable({ renames, dropped, result: standing });
  await putMissing(progress, missing);
  await tell(share, missing);
}

/** Puts files of the preferred side into the share that are not there. */
async function putMissing({ share, preferred, touched }: Progress, paths: readonly RelativePath[]): Promise<void> {
  const known = await modesOf(share, preferred, paths);
  for (const path of paths) {
    if (!known.has(path) || lstatIfPresent(joinPath(share.top, path)) !== undefined) continue;
    const version = await versionOf(share, preferred, path);
    if (version === undefined) continue;
    makeSharedFolder(dirname(joinPath(share.top, path)));
    putVersion(share, path, version);
    touched.push(path);
  }
}

const filesBelow = async (share: MergeShare, changeset: string, path: RelativePath): Promise<readonly RelativePath[]> =>
  [...(await modesOf(share, changeset, [path])).keys()].map(asRelative).filter((at) => isAtOrBelow(at, path));

/** Lists what the share holds for the next commit. */
async function tracked({ hg }: MergeShare): Promise<readonly RelativePath[]> {
  // Exit code 1: there is nothing.
  const { stdout } = await hg.run(['files', '-T', '{path}\\0']);
  return splitPaths(stdout).map(asRelative);
}

/** Tells hg what is new and what is gone; nothing of it is a rename. */
async function tell({ hg }: MergeShare, paths: readonly RelativePath[]): Promise<void> {
  if (paths.length === 0) return;
  const args = ['addremove', '-q', '-s', '0', '--', ...exactly(paths)];
  const result = await hg.run(args);
  // 1: a path is neither there nor known, which is as it shall be.
  if (result.exitCode !== 0 && result.exitCode !== 1) throw hgFailure(args, result);
}
