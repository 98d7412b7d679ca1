import type { Blocked } from '../../model/outcome.js';
import { printable } from '../../system/printable.js';
import { relationOf } from '../relation.js';
import type { FetchResult, HubState, WorkingTreeState } from '../vcs.js';
import { askHub, HELD, headsOf, identify, isHeld, missingThere, type Unavailable, unavailable } from './hub.js';
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
  const there = await headsOf(repository, upstream, state.branch);
  const found =
    there.kind === 'found' ? await bringHere({ repository, upstream, state, seen, heads: there.heads }) : there;
  if (found.kind === 'absent') {
    if (seen !== undefined) return { kind: 'blocked', blocked: deleted(state.branch) };
    return { kind: 'fetched', hub: await compare(repository, state.head, undefined) };
  }
  if (found.kind !== 'found') return found;
  const { tip, head } = found;
  const rewritten = await isRewritten({ repository, upstream, seen: seen?.head, hub: head, ours: state.head });
  if (typeof rewritten !== 'boolean') return rewritten;
  // The memory stays where it was, so that the next run sees it too.
  if (rewritten) return { kind: 'blocked', blocked: rewrittenHub(head) };
  if ((await countOf(repository, `${head} and closed()`)) > 0)
    return { kind: 'blocked', blocked: closed(state.branch) };
  if (seen?.head !== head || seen.tip !== tip) remember(repository, key, { tip, head });
  const hub = await compare(repository, state.head, head);
  return hub.behind === 0 || state.head === undefined
    ? { kind: 'fetched', hub }
    : await withoutObsolete(repository, { ours: state.head, theirs: head }, hub);
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
  readonly heads: readonly string[];
};

type Found =
  | ({ readonly kind: 'found' } & HubMemory)
  | { readonly kind: 'absent' }
  | Exclude<FetchResult, { kind: 'fetched' }>;

/** Pulls the branch where the hub has something new, and finds the head that machines share. */
async function bringHere(request: BringRequest): Promise<Found> {
  const { repository, upstream, state, seen, heads } = request;
  if (seen !== undefined && heads.length === 1 && heads[0] === seen.tip && (await areKnown(repository, seen)))
    return { kind: 'found', ...seen };
  const result = await askHub(repository, upstream, [
    'pull',
    ...quietly(repository.progress),
    `--branch=${state.branch}`,
  ]);
  if (/repository is unrelated/.test(result.stderr)) return { kind: 'blocked', blocked: UNRELATED };
  if (/unknown branch/.test(result.stderr)) return { kind: 'absent' };
  if (isHeld(result)) return { kind: 'blocked', blocked: HELD };
  if (result.exitCode !== 0) return unavailable(result);
  const tip = await newestOpen(repository, heads);
  if (tip === undefined) return { kind: 'unavailable', reason: 'other', why: 'the hub changed while it was looked at' };
  return await sharedHead(request, tip);
}

const areKnown = async (repository: Repository, { tip, head }: HubMemory): Promise<boolean> =>
  (await isKnown(repository, tip)) && (await isKnown(repository, head));

/** Returns the first that is open, the first of all where none is; undefined where one is not here that was there. */
async function newestOpen(repository: Repository, heads: readonly string[]): Promise<string | undefined> {
  for (const id of heads) {
    if (!(await isKnown(repository, id))) return undefined;
    if ((await countOf(repository, `${id} and closed()`)) === 0) return id;
  }
  return heads[0];
}

/** A revset of the heads that are some machine's own: work put aside there, which nobody else is to merge. */
const ASIDE = 'bookmark("re:^autosync/")';

/** Returns the newest head that is nobody's own; only where the newest of all is one has the hub to be asked again. */
async function sharedHead({ repository, upstream, state, seen }: BringRequest, tip: string): Promise<Found> {
  const isOwn = (await countOf(repository, `${tip} and ${ASIDE}`)) > 0;
  if (!isOwn) return { kind: 'found', tip, head: tip };
  const unsent = await missingThere(repository, upstream, `--branch=${state.branch}`);
  if (unsent.kind === 'unavailable') return unsent;
  const ofBranch = `(branch(${tip}) and not closed() and not secret())`;
  const sent = unsent.ids.length === 0 ? ofBranch : `(${ofBranch} - (${unsent.ids.join('+')}))`;
  const [head] = await changesetsOf(repository, `heads(${sent}) - ${ASIDE}`);
  return { kind: 'found', tip, head: head ?? seen?.head ?? tip };
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

const rewrittenHere = (ours: string): Blocked => ({
  kind: 'history-rewritten',
  hint: `what the hub has was rewritten here; to bring the rest along: hg evolve --all; to look: hg log -G --hidden -r "::${ours.slice(0, 12)} or obsolete()"`,
});
