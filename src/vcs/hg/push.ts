import { dirname } from 'node:path';
import type { PushOutcome } from '../../model/outcome.js';
import type { ExecResult } from '../../system/exec.js';
import { MAX_REBUILDS } from '../host-limit.js';
import type { NotThere } from '../sent-elsewhere.js';
import type { HubState } from '../vcs.js';
import { lastWords } from './command.js';
import { rebuildWithoutLargeFiles } from './host-limit.js';
import { askHub, HELD, isHeld, lastingHubLock, unavailable } from './hub.js';
import { memoriesOf, memoryKey, remember } from './hub-memory.js';
import { quietly } from './progress.js';
import { notWherePulled } from './push-url.js';
import { rejectReason } from './remote-failure.js';
import type { Repository } from './repository.js';
import { countOf, isAncestor, presentOf, readPosition } from './revisions.js';
import { ASIDE } from './shared-head.js';
import { type Upstream, upstreamOf } from './upstream.js';

/** Sends the branch to the hub; never by force: the hub itself refuses what would give it another head. */
export const push = (repository: Repository, branch: string, hub: HubState): Promise<PushOutcome> =>
  pushBranch(repository, { branch, hub, triesLeft: MAX_REBUILDS });

/** Sends a branch that nobody stands on, as it is: what is too large in it waits until the person is on it. */
export const sendOther = (
  repository: Repository,
  request: { readonly branch: string; readonly head: string; readonly hub: HubState },
): Promise<PushOutcome> => pushBranch(repository, { ...request, triesLeft: 0 });

type BranchPush = {
  readonly branch: string;
  readonly hub: HubState;
  readonly triesLeft: number;
  /** What to send, where it is not what the working tree stands on. */
  readonly head?: string;
};

async function pushBranch(
  repository: Repository,
  { branch, hub, triesLeft, ...other }: BranchPush,
): Promise<PushOutcome> {
  const upstream = await upstreamOf(repository);
  if ('why' in upstream) return { kind: 'not-attempted', why: upstream.why };
  const head = other.head ?? (await readPosition(repository)).head;
  if (head === undefined || head === hub.head) return { kind: 'nothing-to-push' };
  const secret = await secrecy(repository, head);
  if (secret !== undefined) return secret;
  const sent = await sendChangeset(repository, { upstream, id: head, isNewBranch: hub.head === undefined });
  if (sent.kind === 'unavailable') return sent;
  if (sent.kind === 'rejected') {
    const { words, ...rejected } = sent;
    if (sent.reason !== 'too-large' || triesLeft === 0) return rejected;
    const rebuilt = await rebuildWithoutLargeFiles(repository, { branch, head, upstream, words });
    return rebuilt === undefined ? rejected : await pushBranch(repository, { branch, hub, triesLeft: triesLeft - 1 });
  }
  return await afterSending(repository, { branch, hub, triesLeft, upstream, head, sent });
}

type Sending = BranchPush & {
  readonly upstream: Upstream;
  readonly head: string;
  readonly sent: Extract<ChangesetSent, { kind: 'sent' | 'nothing-to-push' }>;
};

/** Looks whether the hub has the head for everybody, and sends what was committed while it was sent. */
async function afterSending(repository: Repository, sending: Sending): Promise<PushOutcome> {
  const { branch, hub, triesLeft, upstream, head, sent } = sending;
  if (sent.kind === 'nothing-to-push' && (await countOf(repository, `${head} and ${ASIDE}`)) > 0) return onlyAside;
  const missing = await notWherePulled(repository, upstream, head);
  if (missing !== undefined) return missing;
  const news = newsOf(repository, sending);
  // A branch that has no commit yet is not on the hub, although all that there is has been sent.
  if ((await branchOf(repository, head)) === branch)
    remember(repository, memoryKey(upstream, branch), { tip: head, head });
  if (sent.kind === 'nothing-to-push') return sent;
  const commits = await countOf(repository, news);
  if (triesLeft === 0 || !(await committedMeanwhile(repository, branch, head))) return { kind: 'pushed', commits };
  const more = await pushBranch(repository, { branch, hub: { ...hub, head }, triesLeft: triesLeft - 1 });
  return more.kind === 'pushed' ? { ...more, commits: commits + more.commits } : more;
}

/** Returns a revset of what the hub gets; of a branch that is new to it, it has most already. */
function newsOf(repository: Repository, { upstream, head, hub }: Sending): string {
  if (hub.head !== undefined) return `only(${head}, ${hub.head})`;
  return `::${head} - ::${presentOf(memoriesOf(repository, upstream).map(({ tip }) => tip))}`;
}

/** Tells whether the person has committed on top of what was just sent. */
async function committedMeanwhile(repository: Repository, branch: string, sent: string): Promise<boolean> {
  const now = await readPosition(repository);
  if (now.head === undefined || now.head === sent || now.branch !== branch) return false;
  return await isAncestor(repository, sent, now.head);
}

/** What the others were told not to merge is not shared by another push of the same. */
const onlyAside: PushOutcome = {
  kind: 'not-attempted',
  why: "the hub has the last commit as this machine's own alone, which the others leave alone; the next commit takes it along",
};

/** Says that a changeset is secret: the person wants it on this machine alone. */
export async function secrecy(
  repository: Repository,
  id: string,
): Promise<Extract<PushOutcome, { kind: 'not-attempted' }> | undefined> {
  if ((await countOf(repository, `${id} and secret()`)) === 0) return undefined;
  return { kind: 'not-attempted', why: 'the last commit is secret: hg phase -d -r . to share it' };
}

/** Reads the named branch of a changeset. */
export const branchOf = ({ hg }: Repository, id: string): Promise<string> =>
  hg.text(['log', `--rev=${id}`, '-T', '{branch}']);

/** One changeset to send. */
export type ChangesetPush = {
  readonly upstream: Upstream;
  readonly id: string;
  /** Whether the hub may get a branch that it does not have yet. */
  readonly isNewBranch: boolean;
  /** A bookmark to send along: under one of its own a head does not count as another head of its branch. */
  readonly bookmark?: string;
};

/** What became of sending one changeset. */
export type ChangesetSent =
  | { readonly kind: 'sent' }
  | Extract<PushOutcome, { kind: 'rejected' | 'unavailable' | 'nothing-to-push' }>;

/** Sends one changeset with what it stands on; it counts as sent only once it is where the hub is pulled from. */
export async function pushChangeset(repository: Repository, request: ChangesetPush): Promise<ChangesetSent | NotThere> {
  const sent = await sendChangeset(repository, request);
  if (sent.kind === 'sent' || sent.kind === 'nothing-to-push')
    return (await notWherePulled(repository, request.upstream, request.id)) ?? sent;
  if (sent.kind !== 'rejected') return sent;
  const { words: _words, ...rejected } = sent;
  return rejected;
}

/** What became of it, with all that a hub said that refused it. */
type Sent =
  | Exclude<ChangesetSent, { kind: 'rejected' }>
  | (Extract<ChangesetSent, { kind: 'rejected' }> & { readonly words: string });

async function sendChangeset(repository: Repository, request: ChangesetPush): Promise<Sent> {
  const { upstream, id, isNewBranch, bookmark } = request;
  const branch = isNewBranch ? ['--new-branch'] : [];
  const marked = bookmark === undefined ? [] : [`--bookmark=${bookmark}`];
  const result = await askHub(repository, upstream, [
    'push',
    ...quietly(repository.progress),
    `--rev=${id}`,
    ...branch,
    ...marked,
  ]);
  if (result.exitCode === 0) return { kind: 'sent' };
  if (result.timedOut) return unavailable(result);
  if (isHeld(result)) return heldUp(repository, upstream, result);
  const words = `${result.stdout.toString('utf8')}\n${result.stderr}`;
  // 1: no changes found.
  if (result.exitCode === 1 && !/abort:/.test(words)) return { kind: 'nothing-to-push' };
  const reason = rejectReason(words) ?? (result.exitCode === 40 ? 'hook' : undefined);
  return reason === undefined ? unavailable(result) : { kind: 'rejected', reason, why: lastWords(words), words };
}

/** Says where the lock is that was waited for: hg names the repository that it is in. */
function heldUp(repository: Repository, upstream: Upstream, { stderr }: ExecResult): Sent {
  const folders = [repository.top, dirname(repository.sharedFolder)];
  const isOwn = folders.some((folder) => stderr.includes(`${folder}: timed out`));
  if (isOwn) return { kind: 'unavailable', reason: 'timeout', why: HELD.hint };
  const why = lastingHubLock(repository, upstream);
  if (why !== undefined) return { kind: 'rejected', reason: 'other', why, words: stderr };
  return { kind: 'unavailable', reason: 'timeout', why: 'another hg is at work on the hub; it will be quick' };
}
