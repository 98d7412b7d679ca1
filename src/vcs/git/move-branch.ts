import type { AbsolutePath } from '../../model/paths.js';
import { copy, exists, joinPath, move, readTextIfPresent, remove, writeAtomically } from '../../system/files.js';
import { releaseIndexLock, takeIndexLock } from './index-lock.js';
import { indexSum, type PrivateIndex } from './private-index.js';
import { readRef } from './refs.js';
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
  readonly newIndex: string;
};

const JOURNAL = 'move.json';
const OLD_INDEX = 'index-before';

/** Returns the file that tells of a branch being moved. */
const moveJournalFile = (repository: Pick<Repository, 'privateFolder'>): AbsolutePath =>
  joinPath(repository.privateFolder, JOURNAL);

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
  const journal: MoveJournal = {
    branch: request.branch,
    from: request.from ?? null,
    to: request.to,
    newIndex: indexSum(request.index.file),
  };
  writeAtomically(moveJournalFile(repository), JSON.stringify(journal));
  move(request.index.file, repository.indexFile);
  // Git may have been ended just after it had moved the branch: only where the branch stands counts.
  const moved =
    (await updateBranch(repository, request)) ||
    (await readRef(repository, `refs/heads/${request.branch}`)) === request.to;
  if (!moved) {
    if (exists(before)) move(before, repository.indexFile);
    else remove(repository.indexFile);
  }
  remove(moveJournalFile(repository));
  remove(before);
  return moved ? { kind: 'moved' } : { kind: 'changed-meanwhile', why: 'the branch moved meanwhile' };
}

/** Moves the branch by compare-and-swap, and pins where it stood, in one transaction. */
async function updateBranch(repository: Repository, { branch, from, to, reason }: BranchMove): Promise<boolean> {
  const lines = [`update refs/heads/${branch}\0${to}\0${from ?? noObject(repository)}\0`];
  // One pin a run: where the branch stood before the run's first move.
  const pins = from !== undefined && !pinned.has(repository);
  if (pins) lines.unshift(`create ${pinName(repository.now())}\0${from}\0`);
  const result = await repository.git.run(['update-ref', '-m', `autosync: ${reason}`, '-z', '--stdin'], {
    input: lines.join(''),
  });
  if (result.exitCode !== 0) return false;
  if (pins) pinned.add(repository);
  return true;
}

/** Names a pin by its time, so that a name can be read and sorted: `refs/autosync/pin/20261120T181500123Z`. */
function pinName(now: number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:.]/g, '');
  return `refs/autosync/pin/${time}-${process.pid}`;
}

const pinned = new WeakSet<Repository>();

/**
 * Ends what a killed run began: when the index is in place, the branch follows; otherwise nothing had happened.
 * Returns whether there was anything to end.
 */
export async function healMove(repository: Repository): Promise<boolean> {
  const text = readTextIfPresent(moveJournalFile(repository));
  if (text === undefined) return false;
  const journal = parseJournal(text);
  if (journal !== undefined && indexSum(repository.indexFile) === journal.newIndex) {
    await updateBranch(repository, {
      branch: journal.branch,
      from: journal.from ?? undefined,
      to: journal.to,
      reason: 'ended what a run that was killed began',
      index: { file: repository.indexFile, copiedFrom: journal.newIndex },
    });
  }
  remove(moveJournalFile(repository));
  remove(joinPath(repository.privateFolder, OLD_INDEX));
  return true;
}

function parseJournal(text: string): MoveJournal | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { branch, from, to, newIndex } = value as Partial<MoveJournal>;
    const whole = typeof branch === 'string' && typeof to === 'string' && typeof newIndex === 'string';
    return whole && (from === null || typeof from === 'string') ? { branch, from, to, newIndex } : undefined;
  } catch {
    return undefined;
  }
}
