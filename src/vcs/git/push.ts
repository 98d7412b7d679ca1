import type { PushOutcome } from '../../model/outcome.js';
import { MAX_REBUILDS } from '../host-limit.js';
import { sendWhereAhead } from '../left-behind.js';
import type { NotThere } from '../sent-elsewhere.js';
import type { HubState, LeftBehind } from '../vcs.js';
import { gitFailure, lastWords } from './command.js';
import { lookAtBranch } from './fetch.js';
import { isObjectDamage } from './heal-damage.js';
import { rebuildWithoutLargeFiles } from './host-limit.js';
import { hubLockWords, removeStaleHubLock } from './hub-lock.js';
import { lockIn } from './index-lock.js';
import { pushLargeFiles } from './large-file-storage.js';
import { networkOptions } from './network.js';
import { notWhereFetched, pushesElsewhere } from './push-url.js';
import { readRef, readRefs, removeRef, writeRef } from './refs.js';
import { rejectReason, remoteFailure } from './remote-failure.js';
import type { Repository } from './repository.js';
import { unsentRange } from './unsent.js';
import { trackingRefOf, upstreamOf } from './upstream.js';

/** Sends a branch to the hub; never by force: the hub itself refuses what does not continue what it has. */
export const push = (repository: Repository, branch: string, hub: HubState): Promise<PushOutcome> =>
  pushBranch(repository, { branch, hub, triesLeft: MAX_REBUILDS });

type BranchPush = { readonly branch: string; readonly hub: HubState; readonly triesLeft: number };

async function pushBranch(repository: Repository, { branch, hub, triesLeft }: BranchPush): Promise<PushOutcome> {
  const upstream = await upstreamOf(repository, branch);
  if ('kind' in upstream) return { kind: 'not-attempted', why: upstream.why };
  const id = await readRef(repository, `refs/heads/${branch}`);
  if (id === undefined || id === hub.head) return { kind: 'nothing-to-push' };
  // Once it is sent, git has its own memory of the hub's branch say so.
  const commits = await countUnsent(repository, id, hub.head);
  const { remote, remoteRef: ref, trackingRef } = upstream;
  const sent = await pushWhereFetched(repository, { remote, id, ref, trackingRef });
  if (sent.kind === 'rejected') {
    const { words, ...rejected } = sent;
    if (sent.reason !== 'too-large' || triesLeft === 0) return rejected;
    const rebuilt = await rebuildWithoutLargeFiles(repository, { branch, head: id, hub: hub.head, words });
    if (rebuilt === undefined) return rejected;
    return await pushBranch(repository, { branch, hub, triesLeft: triesLeft - 1 });
  }
  if (sent.kind !== 'sent') return sent;
  await writeRef(repository, upstream.seenRef, id);
  await writeRef(repository, trackingRef, id);
  return { kind: 'pushed', commits };
}

/** Sends a branch that nobody stands on, as it is: what is too large in it waits until the person is on it. */
export async function sendLeftBehind(
  repository: Repository,
  { branch, head }: Pick<LeftBehind, 'branch' | 'head'>,
): Promise<PushOutcome> {
  const upstream = await upstreamOf(repository, branch);
  if ('kind' in upstream) return { kind: 'not-attempted', why: upstream.why };
  const refs = await readRefs(repository, [upstream.seenRef, upstream.trackingRef]);
  const found = await lookAtBranch(repository, { branch, head }, { upstream, refs });
  return await sendWhereAhead(found, (hub) => pushBranch(repository, { branch, hub, triesLeft: 0 }));
}

/** Counts the commits that the hub gets; of a branch that is new to it, it has most already. */
async function countUnsent(repository: Repository, id: string, hub: string | undefined): Promise<number> {
  const range = hub === undefined ? unsentRange(id, hub) : [`${hub}..${id}`];
  return Number(await repository.git.text(['rev-list', '--count', ...range]));
}

/** Sends one commit to a branch of this machine's own; returns undefined, or why it does not count as sent. */
export async function pushAside(
  repository: Repository,
  request: CommitPush,
): Promise<Extract<PushOutcome, { kind: 'rejected' }> | NotThere | undefined> {
  const trackingRef = trackingRefOf(request.remote, request.ref);
  const sent = await pushWhereFetched(repository, { ...request, trackingRef });
  if (sent.kind === 'sent') return undefined;
  return sent.kind === 'rejected' ? { kind: 'rejected', reason: sent.reason, why: sent.why } : sent;
}

/** Sends one commit, which counts as sent only once it is where the remote is fetched from. */
async function pushWhereFetched(
  repository: Repository,
  { trackingRef, ...request }: CommitPush & { readonly trackingRef: string },
): Promise<CommitPushOutcome | NotThere> {
  const isElsewhere = await pushesElsewhere(repository, request.remote);
  const tracked = isElsewhere ? await readRef(repository, trackingRef) : undefined;
  const sent = await pushCommit(repository, request);
  if (sent.kind !== 'sent' || !isElsewhere) return sent;
  const missing = await notWhereFetched(repository, request);
  if (missing === undefined) return sent;
  // Git has noted what it sent as what the hub has.
  if (tracked === undefined) await removeRef(repository, trackingRef);
  else await writeRef(repository, trackingRef, tracked);
  return missing;
}

/** One commit to send, and the full name of the ref that it shall stand on. */
export type CommitPush = { readonly remote: string; readonly id: string; readonly ref: string };

/** What became of sending one commit. */
type CommitPushOutcome =
  | { readonly kind: 'sent' }
  | (Extract<PushOutcome, { kind: 'rejected' }> & {
      /** All that the hub said. */
      readonly words: string;
    })
  | Extract<PushOutcome, { kind: 'unavailable' }>;

/**
 * Sends one commit and reads `git push --porcelain`, whose lines are
 *
 *     <flag> TAB <from>:<to> TAB <summary>          flag: ! rejected, = up to date, * new, blank sent
 */
async function pushCommit(repository: Repository, request: CommitPush): Promise<CommitPushOutcome> {
  const args = [
    'push',
    '--porcelain',
    '--no-verify',
    '--no-recurse-submodules',
    '--no-follow-tags',
    '--progress',
    '--',
  ];
  const refspec = `${request.id}:${request.ref}`;
  const kept = await pushLargeFiles(repository, request);
  if (kept !== undefined) return kept;
  const result = await repository.git.run([...args, request.remote, refspec], await networkOptions(repository));
  if (result.exitCode === 0) return { kind: 'sent' };
  if (isObjectDamage(result.stderr)) throw gitFailure(args, result);
  const rejected = /^!\t[^\t]*\t(.*)$/m.exec(result.stdout.toString('utf8'));
  if (rejected === null || result.timedOut) return { kind: 'unavailable', ...remoteFailure(result) };
  if (await removeStaleHubLock(repository, request.remote, result.stderr)) return await pushCommit(repository, request);
  const reason = rejectReason(`${rejected[0]}\n${result.stderr}`);
  const lock = lockIn(result.stderr);
  const why = lock === undefined ? `${rejected[1] ?? ''}: ${lastWords(result.stderr)}` : hubLockWords(lock);
  return { kind: 'rejected', reason, why, words: result.stderr };
}
