import type { PushOutcome } from '../../model/outcome.js';
import type { HubState } from '../vcs.js';
import { lastWords } from './command.js';
import { askHub, HELD, isHeld, unavailable } from './hub.js';
import { memoryKey, remember } from './hub-memory.js';
import { quietly } from './progress.js';
import { rejectReason } from './remote-failure.js';
import type { Repository } from './repository.js';
import { countOf, readPosition } from './revisions.js';
import { type Upstream, upstreamOf } from './upstream.js';

/** Sends the branch to the hub; never by force: the hub itself refuses what would give it another head. */
export async function push(repository: Repository, branch: string, hub: HubState): Promise<PushOutcome> {
  const upstream = await upstreamOf(repository);
  if ('why' in upstream) return { kind: 'not-attempted', why: upstream.why };
  const { head } = await readPosition(repository);
  if (head === undefined || head === hub.head) return { kind: 'nothing-to-push' };
  const secret = await secrecy(repository, head);
  if (secret !== undefined) return secret;
  const sent = await pushChangeset(repository, { upstream, id: head, isNewBranch: hub.head === undefined });
  if (sent.kind === 'unavailable' || sent.kind === 'rejected') return sent;
  // A branch that has no commit yet is not on the hub, although all that there is has been sent.
  if ((await branchOf(repository, head)) === branch)
    remember(repository, memoryKey(upstream, branch), { tip: head, head });
  if (sent.kind === 'nothing-to-push') return sent;
  const news = hub.head === undefined ? `::${head}` : `only(${head}, ${hub.head})`;
  return { kind: 'pushed', commits: await countOf(repository, news) };
}

/** Says that a changeset is secret: the person wants it on this machine alone. */
export async function secrecy(
  repository: Repository,
  id: string,
): Promise<Extract<PushOutcome, { kind: 'not-attempted' }> | undefined> {
  if ((await countOf(repository, `${id} and secret()`)) === 0) return undefined;
  return { kind: 'not-attempted', why: 'the last commit is secret: hg phase -d -r . to share it' };
}

const branchOf = ({ hg }: Repository, id: string): Promise<string> => hg.text(['log', `--rev=${id}`, '-T', '{branch}']);

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

/** Sends one changeset with what it stands on. */
export async function pushChangeset(repository: Repository, request: ChangesetPush): Promise<ChangesetSent> {
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
  if (isHeld(result)) return { kind: 'unavailable', reason: 'timeout', why: HELD.hint };
  const words = `${result.stdout.toString('utf8')}\n${result.stderr}`;
  // 1: no changes found.
  if (result.exitCode === 1 && !/abort:/.test(words)) return { kind: 'nothing-to-push' };
  const reason = rejectReason(words) ?? (result.exitCode === 40 ? 'hook' : undefined);
  return reason === undefined ? unavailable(result) : { kind: 'rejected', reason, why: lastWords(words) };
}
