import type { Quarantined } from '../../model/change.js';
import { asRelative } from '../../model/paths.js';
import { isReadable, joinPath } from '../../system/files.js';
import { joinPaths } from '../../system/path-bytes.js';
import { isSame, isTakenAnyway } from '../at-rest.js';
import { linkAbove, parentsOf } from '../placement/parents.js';
import { refuseUnreadRules } from '../unread-rules.js';
import type { Candidate } from './candidates.js';
import { gitFailure } from './command.js';
import { readIndexFlags, writeUnderFlags } from './index-flags.js';
import { type PrivateIndex, writeEntries } from './private-index.js';
import type { Repository } from './repository.js';
import { lookAgain } from './settle.js';
import { unreadRules } from './status.js';

/** Twice: a file that is saved just while it is read gets a second chance at once. */
const READS = 2;

/** Failures that have nothing to do with the path: leaving paths out one by one would not help. */
const EVERY_PATH =
  /No space left|Disk quota exceeded|Read-only file system|Too many open files|insufficient permission for adding an object|nable to write new index file|unable to create temporary file|loose object file/;

/**
 * Adds the candidates to a private index, each as a whole: a file that changed while git read it is read once more
 * and then left for the next run, and one that git cannot read is left out alone. Returns what was left out.
 */
export async function stage(
  repository: Repository,
  index: PrivateIndex,
  candidates: readonly Candidate[],
  stillChanging: Readonly<Record<string, number>>,
): Promise<readonly Quarantined[]> {
  const leftOut: Quarantined[] = [];
  // Behind a link git refuses to look, even to see that a file is gone.
  const beyond = candidates.filter(
    ({ path, stats }) => stats === undefined && linkAbove(repository.top, path) !== undefined,
  );
  await writeEntries(
    repository,
    index,
    beyond.map(({ path }) => ({ path, content: undefined })),
  );
  const unseen = new Set(beyond);
  let waiting = candidates.filter((one) => !unseen.has(one) && isToStage(repository, one, leftOut));
  for (let read = 1; waiting.length > 0 && read <= READS; read += 1) {
    leftOut.push(...(await addAll(repository, index, waiting)));
    waiting = waiting
      .map((candidate) => ({ candidate, again: lookAgain(repository, candidate) }))
      .filter(({ candidate, again }) => !isSame(candidate.stats, again.stats))
      .map(({ again }) => again);
  }
  const refused = waiting.filter(({ path }) => !isTakenAnyway(path, stillChanging));
  await takeBack(repository, index, refused);
  return [...leftOut, ...refused.map(({ path }) => ({ path, reason: 'still-changing' as const }))];
}

/** Tells whether git has to read a path; what is staged just as it stands is in the index already. */
function isToStage(repository: Repository, { path, stats, tracked }: Candidate, leftOut: Quarantined[]): boolean {
  if (tracked !== undefined && tracked.unstaged === '.') return false;
  if (stats?.isFile() !== true || isReadable(joinPath(repository.top, path))) return true;
  leftOut.push({ path, reason: 'unreadable' });
  return false;
}

/** So many files are staged at a time: git itself tells nothing of how far it is. */
const PORTION = 2_000;

/** Adds the candidates in portions, and tells how far that is where somebody watches. */
async function addAll(
  repository: Repository,
  index: PrivateIndex,
  candidates: readonly Candidate[],
): Promise<readonly Quarantined[]> {
  const leftOut: Quarantined[] = [];
  const tell = (done: number): void => repository.progress?.(`taking ${done}/${candidates.length} files\n`);
  for (let done = 0; done < candidates.length; done += PORTION) {
    if (candidates.length > PORTION) tell(done);
    leftOut.push(...(await add(repository, index, candidates.slice(done, done + PORTION))));
  }
  return leftOut;
}

/**
 * Runs `git update-index` for exactly these paths (`git add` would match every path against every pathspec). One bad
 * path stops it with nothing done, so the list is halved until the bad path stands alone.
 */
async function add(
  repository: Repository,
  index: PrivateIndex,
  candidates: readonly Candidate[],
  options: readonly string[] = [],
): Promise<readonly Quarantined[]> {
  const args = ['update-index', '--add', '--remove', ...options, '-z', '--stdin'];
  const input = joinPaths(candidates.map(({ path }) => path));
  const result = await repository.git.run(args, { env: { GIT_INDEX_FILE: index.file }, input });
  refuseUnreadRules(unreadRules(repository, result.stderr));
  if (result.exitCode === 0) return ignoredPaths(candidates, result.stderr);
  if (options.length === 0 && CLASH.test(result.stderr)) return await addInPlace(repository, index, candidates);
  if (result.timedOut || EVERY_PATH.test(result.stderr)) throw gitFailure(args, result);
  const [only] = candidates;
  if (only === undefined) return [];
  if (candidates.length === 1) return [{ path: only.path, reason: reasonFor(repository, only, result.stderr) }];
  const half = Math.ceil(candidates.length / 2);
  const first = await add(repository, index, candidates.slice(0, half), options);
  return [...first, ...(await add(repository, index, candidates.slice(half), options))];
}

/** What git says of a file that stands where the index has a folder, or the reverse. */
const CLASH = /appears as both a file and as a directory/;

/**
 * Adds candidates that take the place of what the index has of the other kind. A file that stands where git was told not
 * to look at what a folder holds, as outside of a sparse checkout, is left out: with it all of that would be removed.
 */
async function addInPlace(
  repository: Repository,
  index: PrivateIndex,
  candidates: readonly Candidate[],
): Promise<readonly Quarantined[]> {
  const { skipWorktree, assumeUnchanged } = await readIndexFlags(repository, { GIT_INDEX_FILE: index.file });
  const folders = new Set([...skipWorktree, ...assumeUnchanged].flatMap((path) => parentsOf(asRelative(path))));
  const isUnseen = ({ path, stats }: Candidate): boolean => stats !== undefined && folders.has(path);
  const leftOut = candidates.filter(isUnseen).map(({ path }) => ({ path, reason: 'unsupported-name' as const }));
  const others = candidates.filter((one) => !isUnseen(one));
  return [...leftOut, ...(await add(repository, index, others, ['--replace']))];
}

/** Names that some system takes for the git folder are ignored by git, which says so and goes on. */
const ignoredPaths = (candidates: readonly Candidate[], stderr: string): readonly Quarantined[] =>
  candidates
    .filter(({ path }) => stderr.includes(`Ignoring path ${path}\n`))
    .map(({ path }) => ({ path, reason: 'unsupported-name' }));

function reasonFor(repository: Repository, candidate: Candidate, stderr: string): Quarantined['reason'] {
  if (lookAgain(repository, candidate).stats === undefined) return 'vanished';
  return /Invalid path|File name too long/i.test(stderr) ? 'unsupported-name' : 'unreadable';
}

/** Makes a private index say of some paths what the last commit says. */
export const takeBack = (
  repository: Repository,
  index: PrivateIndex,
  candidates: readonly Pick<Candidate, 'path' | 'tracked'>[],
): Promise<void> =>
  writeUnderFlags(
    repository,
    index,
    candidates.map(({ path, tracked }) => ({
      path,
      content: tracked === undefined || /^0+$/.test(tracked.head.id) ? undefined : tracked.head,
    })),
  );
