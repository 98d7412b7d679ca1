import type { Blocked } from '../../model/outcome.js';
import { printable } from '../../system/printable.js';
import { relationOf } from '../relation.js';
import type { FetchResult, HubState, WorkingTreeState } from '../vcs.js';
import { askHub, HELD, identify, isHeld, type Unavailable, unavailable } from './hub.js';
import { type HubMemory, memoryKey, readMemory, remember } from './hub-memory.js';
import { quietly } from './progress.js';
import type { Repository } from './repository.js';
import { changesetsOf, countAheadBehind, countOf, isAncestor, isKnown } from './revisions.js';
import { type Upstream, upstreamOf } from './upstream.js';

const NO_HUB: HubState = { relation: 'no-upstream', head: undefined, ahead: 0, behind: 0 };

/** Looks at the hub's branch and says how ours stands to it; a history that was taken back there is not merged. */
export async function fetch(repository: Repository, state: WorkingTreeState): Promise<FetchResult> {
  const upstream = await upstreamOf(repository);
  if ('why' in upstream) return { kind: 'fetched', hub: NO_HUB };
  const key = memoryKey(upstream, state.branch);
  const seen = readMemory(repository, key);
  const tip = await identify(repository, upstream, state.branch);
  if (tip.kind === 'unavailable') return tip;
  const found = tip.kind === 'absent' ? tip : await bringHere({ repository, upstream, state, seen, tip: tip.id });
  if (tip.kind === 'absent' || found.kind === 'absent') {
    if (seen !== undefined) return { kind: 'blocked', blocked: deleted(state.branch) };
    return { kind: 'fetched', hub: await compare(repository, state.head, undefined) };
  }
  if (found.kind !== 'found') return found;
  const { head } = found;
  const rewritten = await isRewritten({ repository, upstream, seen: seen?.head, hub: head, ours: state.head });
  if (typeof rewritten !== 'boolean') return rewritten;
  // The memory stays where it was, so that the next run sees it too.
  if (rewritten) return { kind: 'blocked', blocked: rewrittenHub(head) };
  if ((await countOf(repository, `${head} and closed()`)) > 0)
    return { kind: 'blocked', blocked: closed(state.branch) };
  if (seen?.head !== head || seen.tip !== tip.id) remember(repository, key, { tip: tip.id, head });
  return { kind: 'fetched', hub: await compare(repository, state.head, head) };
}

type BringRequest = {
  readonly repository: Repository;
  readonly upstream: Upstream;
  readonly state: WorkingTreeState;
  readonly seen: HubMemory | undefined;
  readonly tip: string;
};

type Found =
  | { readonly kind: 'found'; readonly head: string }
  | { readonly kind: 'absent' }
  | Exclude<FetchResult, { kind: 'fetched' }>;

/** Pulls the branch where the hub has something new, and finds the head that machines share. */
async function bringHere(request: BringRequest): Promise<Found> {
  const { repository, upstream, state, seen, tip } = request;
  if (seen?.tip === tip && (await isKnown(repository, tip)) && (await isKnown(repository, seen.head))) {
    return { kind: 'found', head: seen.head };
  }
  const result = await askHub(repository, upstream, [
    'pull',
    ...quietly(repository.progress),
    `--branch=${state.branch}`,
  ]);
  if (/repository is unrelated/.test(result.stderr)) return { kind: 'blocked', blocked: UNRELATED };
  if (/unknown branch/.test(result.stderr)) return { kind: 'absent' };
  if (isHeld(result)) return { kind: 'blocked', blocked: HELD };
  if (result.exitCode !== 0) return unavailable(result);
  if (!(await isKnown(repository, tip))) {
    return { kind: 'unavailable', reason: 'other', why: 'the hub changed while it was looked at' };
  }
  return await sharedHead(request);
}

/** A revset of the heads that are some machine's own: work put aside there, which nobody else is to merge. */
const ASIDE = 'bookmark("re:^autosync/")';

/** Returns the newest head that is nobody's own; only where the newest of all is one has the hub to be asked again. */
async function sharedHead({ repository, upstream, state, seen, tip }: BringRequest): Promise<Found> {
  const isOwn = (await countOf(repository, `${tip} and ${ASIDE}`)) > 0;
  if (!isOwn) return { kind: 'found', head: tip };
  const result = await askHub(repository, upstream, ['outgoing', '-q', '-T', '{node}\\0', `--branch=${state.branch}`]);
  // 1: the hub has all that we have.
  if (result.exitCode !== 0 && result.exitCode !== 1) return unavailable(result);
  const unsent = result.stdout.toString('utf8').split('\0').slice(0, -1);
  const ofBranch = `(branch(${tip}) and not closed())`;
  const sent = unsent.length === 0 ? ofBranch : `(${ofBranch} - (${unsent.join('+')}))`;
  const [head] = await changesetsOf(repository, `heads(${sent}) - ${ASIDE}`);
  return { kind: 'found', head: head ?? seen?.head ?? tip };
}

type RewriteQuestion = {
  readonly repository: Repository;
  readonly upstream: Upstream;
  readonly seen: string | undefined;
  readonly hub: string;
  readonly ours: string | undefined;
};

/**
 * Tells whether the hub's history was rewritten: it no longer holds what it held. Not so when it merely has several
 * heads, nor when the person did it himself from here, which is when his branch no longer holds that either.
 */
async function isRewritten(question: RewriteQuestion): Promise<boolean | Unavailable> {
  const { repository, upstream, seen, hub, ours } = question;
  if (seen === undefined || ours === undefined || seen === hub || ours === hub) return false;
  if (!(await isKnown(repository, seen)) || (await isAncestor(repository, seen, hub))) return false;
  const there = await identify(repository, upstream, seen);
  if (there.kind === 'unavailable') return there;
  if (there.kind === 'found') return false;
  return (await isAncestor(repository, seen, ours)) || !(await isAncestor(repository, hub, ours));
}

async function compare(repository: Repository, ours: string | undefined, hub: string | undefined): Promise<HubState> {
  if (ours === hub) return { relation: 'equal', head: hub, ahead: 0, behind: 0 };
  if (hub === undefined) {
    return { relation: 'ahead', head: undefined, ahead: await countOf(repository, `::${ours}`), behind: 0 };
  }
  if (ours === undefined) return { relation: 'behind', head: hub, ahead: 0, behind: 1 };
  const { ahead, behind } = await countAheadBehind(repository, ours, hub);
  return { relation: relationOf(ahead, behind), head: hub, ahead, behind };
}

const UNRELATED: Blocked = {
  kind: 'unrelated-history',
  hint: 'this repository and the one on the hub have no common beginning; clone the hub into a new folder and copy your files there',
};

const deleted = (branch: string): Blocked => ({
  kind: 'branch-deleted',
  hint: `the hub no longer has '${printable(branch)}'; if it should: hg push --new-branch -r .`,
});

const closed = (branch: string): Blocked => ({
  kind: 'branch-deleted',
  hint: `the branch '${printable(branch)}' was closed on the hub: hg update to another one`,
});

const rewrittenHub = (hub: string): Blocked => ({
  kind: 'history-rewritten',
  hint: `the hub's history was rewritten; to adopt it: hg update -r ${hub}; to refuse it: hg push --force -r .`,
});
