import { AutosyncError } from '../../model/errors.js';
import { type AbsolutePath, asAbsolute } from '../../model/paths.js';
import {
  createExclusively,
  exists,
  isFolder,
  joinPath,
  listNames,
  lstatIfPresent,
  makeFolder,
  remove,
} from '../../system/files.js';
import { splitPaths } from '../../system/path-bytes.js';
import { printable } from '../../system/printable.js';
import { placementFolders } from '../placement/journal.js';
import { recover } from '../placement/recover.js';
import { isGitWorkingIn } from './at-work.js';
import { healBranch } from './heal-damage.js';
import { indexLockFile, isDeadLockOfOurs } from './index-lock.js';
import { isCommitted, ownCopyName } from './integrate.js';
import { healMove, moveJournalFile, withIndexLock } from './move-branch.js';
import { removePrivateIndexes } from './private-index.js';
import type { Repository } from './repository.js';
import { removeStagingFolder, stagingFolder } from './staging-folder.js';

/** Ten minutes: a git lock that is older, while no git works here, was left by one that died. */
const STALE_LOCK_MS = 600_000;

/** The file that says a run of ours is under way; found at the start of a run, it says that one was killed. */
const UNDER_WAY = 'under-way';

/** Marks that a run is under way; {@link endRun} takes the mark back. */
export function beginRun(repository: Repository): void {
  makeFolder(repository.privateFolder);
  const mark = joinPath(repository.privateFolder, UNDER_WAY);
  if (!exists(mark)) createExclusively(mark, '');
}

/** Takes the mark of a run back. */
export function endRun(repository: Repository): void {
  removePrivateIndexes(repository);
  removeStagingFolder(repository);
  // What a git that was killed has left is for the next run to remove, as if it had been ours.
  if (repository.git.wasKilled()) return;
  remove(joinPath(repository.privateFolder, UNDER_WAY));
}

/** Mends what an earlier run of ours left when it was killed; says what was done. */
export async function heal(repository: Repository): Promise<readonly string[]> {
  const done: string[] = [];
  makeFolder(repository.privateFolder);
  done.push(...healBranch(repository));
  const killed = exists(joinPath(repository.privateFolder, UNDER_WAY));
  // First, because a lock that a dead git has left would keep the rest from being mended.
  done.push(...(await healLocks(repository, killed)));
  done.push(...(await endHalfDone(repository)));
  removePrivateIndexes(repository);
  removeUnfinished(repository);
  removeStagingFolder(repository);
  return done;
}

/** Ends or takes back what was half done, while nothing of the person's can come between. */
async function endHalfDone(repository: Repository): Promise<readonly string[]> {
  const body = async (): Promise<readonly string[]> => {
    const moved = await healMove(repository);
    const placed = await recoverPlacement(repository);
    return moved ? ['ended moving the branch, which a killed run had begun', ...placed] : placed;
  };
  const { root } = placementFolders(stagingFolder(repository));
  if (!exists(root) && !exists(moveJournalFile(repository))) return await body();
  const done = await withIndexLock(repository, undefined, body);
  if (done !== undefined) return done;
  throw new AutosyncError('locked', `git is at work in '${printable(repository.top)}'`, ['the next run goes on']);
}

function recoverPlacement(repository: Repository): Promise<readonly string[]> {
  return recover({
    top: repository.top,
    staging: stagingFolder(repository),
    copyName: ownCopyName(repository),
    isCommitted: isCommitted(repository),
  });
}

/** What we write beside a file of ours, to be renamed or linked into its place: it carries the number of the process. */
const UNFINISHED = /^lock\.\d{1,10}$|\.\d{1,10}\.new$/;

function removeUnfinished({ privateFolder }: Repository): void {
  for (const name of listNames(privateFolder)) if (UNFINISHED.test(name)) remove(joinPath(privateFolder, name));
}

/** Removes locks of runs of ours that died, and git's own where it is sure that no git holds them any more. */
async function healLocks(repository: Repository, killed: boolean): Promise<readonly string[]> {
  const done: string[] = [];
  const own = indexLockFile(repository);
  if (isDeadLockOfOurs(own)) {
    remove(own);
    done.push("removed our own lock 'index.lock' of a run that had died");
  }
  const left = lockFiles(repository).filter((lock) => exists(lock));
  if (left.length === 0 || (await isGitAtWork(repository))) return done;
  for (const lock of left) {
    const age = repository.now() - (lstatIfPresent(lock)?.mtimeMs ?? repository.now());
    if (!killed && age < STALE_LOCK_MS) continue;
    remove(lock);
    done.push(`removed the lock '${lock}', which no running git holds`);
  }
  return done;
}

/**
 * Tells whether a git works in any of the working trees of the repository, which have the refs in common; where git
 * cannot list them (`worktree <path> NUL` and more for each), one may.
 */
async function isGitAtWork({ git, commonDir }: Repository): Promise<boolean> {
  const listed = await git.run(['worktree', 'list', '--porcelain', '-z']);
  if (listed.exitCode !== 0) return true;
  const tops = splitPaths(listed.stdout).flatMap((line) => (line.startsWith('worktree ') ? [line.slice(9)] : []));
  const folders = [commonDir, ...tops.map(asAbsolute).filter(isFolder)];
  return folders.some(isGitWorkingIn);
}

/** What all working trees of a repository lock in common; the main one's index and HEAD are its own. */
const SHARED_LOCKS = ['packed-refs.lock', 'config.lock', 'shallow.lock'];

function lockFiles({ gitDir, commonDir }: Repository): readonly AbsolutePath[] {
  const shared = gitDir === commonDir ? [] : SHARED_LOCKS.map((name) => joinPath(commonDir, name));
  return [...locksIn(gitDir), ...shared, ...locksBelow(joinPath(commonDir, 'refs'))];
}

const locksIn = (folder: AbsolutePath): readonly AbsolutePath[] =>
  listNames(folder)
    .filter((name) => name.endsWith('.lock'))
    .map((name) => joinPath(folder, name));

function locksBelow(folder: AbsolutePath): readonly AbsolutePath[] {
  const found: AbsolutePath[] = [];
  for (const name of listNames(folder)) {
    const path = joinPath(folder, name);
    if (lstatIfPresent(path)?.isDirectory() === true) found.push(...locksBelow(path));
    else if (name.endsWith('.lock')) found.push(path);
  }
  return found;
}
