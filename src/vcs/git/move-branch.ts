import type { AbsolutePath } from '../../model/paths.js';
import type { ExecResult } from '../../system/exec.js';
import { copy, exists, joinPath, move, readTextIfPresent, remove, writeAtomically } from '../../system/files.js';
import { gitFailure } from './command.js';
import { heldLockWords, indexLockFile, lockIn, releaseIndexLock, takeIndexLock } from './index-lock.js';
import { indexSum, type PrivateIndex } from './private-index.js';
import { readRefs } from './refs.js';
import { noObject, type Repository } from './repository.js';

/** A branch that is to stand on another commit, with the index that belongs to it. */
export type BranchMove = {
  readonly branch: string;
  /** Where the branch stands now; undefined when it is unborn. */
  readonly from: string | undefined;
  readonly to: string;
  readonly index: PrivateIndex;
  readonly reason: string;
};

/** What became of moving a branch: `changed-meanwhile` left everything as it was. */
export type MoveResult = { readonly kind: 'moved' } | { readonly kind: 'changed-meanwhile'; readonly why: string };

/** What a run that is killed between the index and the branch leaves to the next one. */
export type MoveJournal = {
  readonly branch: string;
  readonly from: string | null;
  readonly to: string;
  /** What tells the indexes from each other, as {@link indexSum} does. */
  readonly oldIndex: string;
  readonly newIndex: string;
};

const JOURNAL = 'move.json';
const OLD_INDEX = 'index-before';

/** Returns the file that tells of a branch being moved. */
export const moveJournalFile = (repository: Pick<Repository, 'privateFolder'>): AbsolutePath =>
  joinPath(repository.privateFolder, JOURNAL);

/** What a move says that could not begin, since somebody holds git's index lock. */
export const busy = (repository: Repository): Extract<MoveResult, { kind: 'changed-meanwhile' }> => ({
  kind: 'changed-meanwhile',
  why: heldLockWords(indexLockFile(repository)),
});

/** Runs something while git's index lock is ours, so that nothing of the person's comes between. */
export async function withIndexLock<T>(repository: Repository, held: T, body: () => Promise<T>): Promise<T> {
  if (!takeIndexLock(repository)) return held;
  try {
    return await body();
  } finally {
    releaseIndexLock(repository);
  }
}

/**
 * Moves a branch and puts the index that belongs to its new commit in place; git's index lock must be ours. The index
 * comes first: were we killed between the two, the person's next `git commit` would then commit our work, and not
 * take it back, which the other order would make it do.
 */
export async function moveBranch(repository: Repository, request: BranchMove): Promise<MoveResult> {
  if (indexSum(repository.indexFile) !== request.index.copiedFrom) {
    return { kind: 'changed-meanwhile', why: 'the index changed meanwhile' };
  }
  const current = await repository.git.run(['symbolic-ref', '-q', 'HEAD']);
  if (current.stdout.toString('utf8').trimEnd() !== `refs/heads/${request.branch}`) {
    return { kind: 'changed-meanwhile', why: 'the branch was switched meanwhile' };
  }
  const before = joinPath(repository.privateFolder, OLD_INDEX);
  remove(before);
  if (exists(repository.indexFile)) copy(repository.indexFile, before);
  const { branch, from, to, index } = request;
  const sums = { oldIndex: index.copiedFrom, newIndex: indexSum(index.file) };
  const journal: MoveJournal = { branch, from: from ?? null, to, ...sums };
  writeAtomically(moveJournalFile(repository), JSON.stringify(journal));
  move(index.file, repository.indexFile);
  const refused = await updateBranch(repository, request);
  // Git may have been ended just after it had moved the branch: only where the branch stands counts.
  const moved = refused === undefined || (await readBranch(repository, branch)) === to;
  if (!moved) takeIndexBack(repository, journal);
  forget(repository);
  if (moved) return { kind: 'moved' };
  const lock = lockIn(refused.stderr);
  if (lock !== undefined) return { kind: 'changed-meanwhile', why: heldLockWords(lock) };
  if (/File exists|but expected|reference already exists/.test(refused.stderr)) {
    return { kind: 'changed-meanwhile', why: 'the branch moved meanwhile' };
  }
  throw gitFailure(['update-ref'], refused);
}

/** Returns where a branch stands; unlike a look for any ref, it fails where git cannot tell. */
export async function readBranch(repository: Repository, branch: string): Promise<string | undefined> {
  const ref = `refs/heads/${branch}`;
  return (await readRefs(repository, [ref])).get(ref);
}

/** Puts the index back that belongs to the commit where the branch still stands. */
function takeIndexBack(repository: Repository, { oldIndex }: MoveJournal): void {
  if (oldIndex === 'absent') remove(repository.indexFile);
  else move(joinPath(repository.privateFolder, OLD_INDEX), repository.indexFile);
}

/** Forgets a move: the journal goes first, since it is what says that the rest means something. */
function forget(repository: Repository): void {
  remove(moveJournalFile(repository));
  remove(joinPath(repository.privateFolder, OLD_INDEX));
}

/** Moves the branch by compare-and-swap, and pins where it stood, in one transaction; returns how git refused. */
async function updateBranch(
  repository: Repository,
  { branch, from, to, reason }: Omit<BranchMove, 'index'>,
): Promise<ExecResult | undefined> {
  const lines = [`update refs/heads/${branch}\0${to}\0${from ?? noObject(repository)}\0`];
  // One pin a run: where the branch stood before the run's first move.
  const pins = from !== undefined && !pinned.has(repository);
  if (pins) lines.unshift(`create ${pinName(repository.now())}\0${from}\0`);
  const result = await repository.git.run(['update-ref', '-m', `autosync: ${reason}`, '-z', '--stdin'], {
    input: lines.join(''),
  });
  if (result.exitCode !== 0) return result;
  if (pins) pinned.add(repository);
  return undefined;
}

/** Names a pin by its time, so that a name can be read and sorted: `refs/autosync/pin/20261120T181500123Z`. */
export function pinName(now: number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:.]/g, '');
  return `refs/autosync/pin/${time}-${process.pid}`;
}

const pinned = new WeakSet<Repository>();

/**
 * Ends what a killed run began. The branch decides: where it has moved, the index is the one that belongs to it; where
 * it stands as before, the index before comes back. Returns whether there was anything to end.
 */
export async function healMove(repository: Repository): Promise<boolean> {
  const text = readTextIfPresent(moveJournalFile(repository));
  if (text === undefined) {
    // Killed just before the journal was there.
    forget(repository);
    return false;
  }
  const journal = parseJournal(text);
  if (journal !== undefined && indexSum(repository.indexFile) === journal.newIndex) await undo(repository, journal);
  forget(repository);
  return true;
}

async function undo(repository: Repository, journal: MoveJournal): Promise<void> {
  const { branch, to } = journal;
  const from = journal.from ?? undefined;
  // Elsewhere means that it has moved, or that the person has committed with our index since.
  if ((await readBranch(repository, branch)) !== from) return;
  const isWhole =
    journal.oldIndex === 'absent' || indexSum(joinPath(repository.privateFolder, OLD_INDEX)) === journal.oldIndex;
  if (isWhole) {
    takeIndexBack(repository, journal);
    return;
  }
  // A power cut has damaged the index before: then the branch follows the new one.
  const refused = await updateBranch(repository, { branch, from, to, reason: 'ended what a killed run began' });
  if (refused !== undefined) throw gitFailure(['update-ref'], refused);
}

function parseJournal(text: string): MoveJournal | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { branch, from, to, oldIndex, newIndex } = value as Partial<MoveJournal>;
    if (typeof branch !== 'string' || typeof to !== 'string' || !(from === null || typeof from === 'string')) return;
    if (typeof oldIndex !== 'string' || typeof newIndex !== 'string') return;
    return { branch, from, to, oldIndex, newIndex };
  } catch {
    return undefined;
  }
}
