import type { Blocked } from '../../model/outcome.js';
import { printable } from '../../system/printable.js';
import { relationOf } from '../relation.js';
import type { FetchResult, HubState, WorkingTreeState } from '../vcs.js';
import { followedHead } from './followed-head.js';
import { askHub, HELD, type HubHead, headsOf, identify, isHeld, type Unavailable, unavailable } from './hub.js';
import { type HubMemory, memoryKey, readMemory, remember } from './hub-memory.js';
import { leftAlone } from './left-alone.js';
import { quietly } from './progress.js';
import { isRefusal, refusalOf } from './refusal.js';
import type { Repository } from './repository.js';
import { countAheadBehind, countOf, isAncestor, isKnown, readPosition } from './revisions.js';
import { allOf, openHeads, sharedGround, sharedHeads } from './shared-head.js';
import { type Upstream, upstreamOf } from './upstream.js';

const NO_HUB: HubState = { relation: 'no-upstream', head: undefined, ahead: 0, behind: 0 };

/** Looks at the hub's branch and says how ours stands to it; a history that was taken back there is not merged. */
export async function fetch(repository: Repository, state: WorkingTreeState): Promise<FetchResult> {
  const upstream = await upstreamOf(repository);
  if ('why' in upstream) return { kind: 'fetched', hub: NO_HUB };
  const key = memoryKey(upstream, state.branch);
  const seen = readMemory(repository, key);
  const there = await headsOf(repository, upstream, state.branch);
  const found =
    there.kind === 'found' ? await bringHere({ repository, upstream, state, seen, heads: there.heads }) : there;
  if (found.kind === 'absent') {
    if (seen !== undefined) return { kind: 'blocked', blocked: deleted(state.branch) };
    return { kind: 'fetched', hub: await compare(repository, state.head, undefined) };
  }
  if (found.kind !== 'found') return found;
  const { tip, head, bookmarks, open, further } = found;
  const ours = await standsOnNow(repository, state);
  const rewritten = await isRewritten({ repository, upstream, seen: seen?.head, hub: head, ours });
  if (typeof rewritten !== 'boolean') return rewritten;
  // The memory stays where it was, so that the next run sees it too.
  if (rewritten) return { kind: 'blocked', blocked: await rewrittenHub(repository, { head, seen, ours }) };
  if ((await countOf(repository, `${head} and closed()`)) > 0)
    return { kind: 'blocked', blocked: closed(state.branch) };
  if (!isSame(seen, found)) remember(repository, key, { tip, head, bookmarks });
  const left = await leftAlone(repository, { branch: state.branch, ours, head, open, further });
  const hub = {
    ...(await compare(repository, ours, head)),
    ...(left === undefined ? {} : { leftAlone: left }),
  };
  return hub.behind === 0 || ours === undefined
    ? { kind: 'fetched', hub }
    : await withoutObsolete(repository, { ours, theirs: head }, hub);
}

const isSame = (seen: HubMemory | undefined, found: HubMemory): boolean =>
  seen?.head === found.head && seen.tip === found.tip && seen.bookmarks.join('\0') === found.bookmarks.join('\0');

/** Returns what the branch stands on after the hub has answered: the person may have committed meanwhile. */
async function standsOnNow(repository: Repository, state: WorkingTreeState): Promise<string | undefined> {
  const { branch, head } = await readPosition(repository);
  return branch === state.branch ? head : state.head;
}

/**
 * Looks whether the person made anew here, with the evolve extension, what the hub has. Where all of that is in ours, ours
 * takes its place there; hg tells the hub so. What is here in part only, he has to end himself.
 */
async function withoutObsolete(
  repository: Repository,
  { ours, theirs }: { readonly ours: string; readonly theirs: string },
  hub: HubState,
): Promise<FetchResult> {
  const missing = `only(${theirs}, ${ours})`;
  const obsolete = await countOf(repository, `${missing} and obsolete()`);
  if (obsolete === 0) return { kind: 'fetched', hub };
  const anew = `(successors(${missing} and obsolete()) - obsolete())`;
  const isWhole = obsolete === hub.behind && (await countOf(repository, anew)) > 0;
  if (!isWhole || (await countOf(repository, `${anew} - ::${ours}`)) > 0)
    return { kind: 'blocked', blocked: rewrittenHere(ours) };
  return { kind: 'fetched', hub: { ...hub, relation: 'ahead', behind: 0 } };
}

type BringRequest = {
  readonly repository: Repository;
  readonly upstream: Upstream;
  readonly state: WorkingTreeState;
  readonly seen: HubMemory | undefined;
  readonly heads: readonly HubHead[];
};

type Found =
  | ({ readonly kind: 'found'; readonly open: readonly string[]; readonly further: readonly HubHead[] } & HubMemory)
  | { readonly kind: 'absent' }
  | Exclude<FetchResult, { kind: 'fetched' }>;

/** Pulls the branch where the hub has something new, and finds the head that machines share. */
async function bringHere({ repository, upstream, state, seen, heads }: BringRequest): Promise<Found> {
  if (heads[0]?.id !== seen?.tip || !(await isKnown(repository, allOf(heads)))) {
    const missing = await pullBranch(repository, upstream, state.branch);
    if (missing !== undefined) return missing;
  }
  const open = await openHeads(repository, heads);
  if (open === undefined)
    return { kind: 'unavailable', reason: 'other', why: 'the hub changed while it was looked at' };
  const tip = (open[0] ?? heads[0])?.id ?? '';
  const shared = await sharedHeads(repository, open);
  const { head, bookmarks } = await followedHead(repository, { heads: shared, seen, ours: state.head });
  const followed = head ?? (await sharedGround(repository, open, [seen?.head, state.head])) ?? tip;
  const further = shared.filter(({ id }) => id !== head);
  return { kind: 'found', tip, head: followed, bookmarks, open: open.map(({ id }) => id), further };
}

/** Brings what the hub has of a branch here; says why it cannot. */
async function pullBranch(
  repository: Repository,
  upstream: Upstream,
  branch: string,
): Promise<Exclude<Found, { kind: 'found' }> | undefined> {
  const result = await askHub(repository, upstream, ['pull', ...quietly(repository.progress), `--branch=${branch}`]);
  if (/repository is unrelated/.test(result.stderr)) return { kind: 'blocked', blocked: UNRELATED };
  if (/unknown branch/.test(result.stderr)) return { kind: 'absent' };
  if (isHeld(result)) return { kind: 'blocked', blocked: HELD };
  if (isRefusal(result)) return { kind: 'unavailable', reason: 'own-hook', why: refusalOf(result) };
  return result.exitCode === 0 ? undefined : unavailable(result);
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

type Rewritten = { readonly head: string; readonly seen: HubMemory | undefined; readonly ours: string | undefined };

/** Work that was never at the hub is to come along when the person adopts what the hub has now. */
async function rewrittenHub(repository: Repository, { head, seen, ours }: Rewritten): Promise<Blocked> {
  const unsent =
    seen === undefined || ours === undefined ? 0 : await countOf(repository, `only(${ours}, ${seen.head})`);
  const adopt =
    unsent === 0
      ? `hg update -r ${head}`
      : `hg --config extensions.rebase= rebase -r "only(., ${seen?.head})" -d ${head} (which brings your own commits along)`;
  return {
    kind: 'history-rewritten',
    hint: `the hub's history was rewritten; to adopt it: ${adopt}; to refuse it: hg push --force -r .`,
  };
}

const rewrittenHere = (ours: string): Blocked => ({
  kind: 'history-rewritten',
  hint: `what the hub has was rewritten here; to bring the rest along: hg evolve --all; to look: hg log -G --hidden -r "::${ours.slice(0, 12)} or obsolete()"`,
});
