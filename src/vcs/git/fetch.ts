import type { Blocked } from '../../model/outcome.js';
import { printable } from '../../system/printable.js';
import { withLeftBehind } from '../left-behind.js';
import { relationOf } from '../relation.js';
import type { FetchResult, HubState, WorkingTreeState } from '../vcs.js';
import { gitFailure } from './command.js';
import { isObjectDamage } from './heal-damage.js';
import { HEADS_AND_MEMORIES, leftBehind } from './left-behind.js';
import { pinName } from './move-branch.js';
import { networkOptions } from './network.js';
import { countAheadBehind, isAncestor, readRef, readRefs, removeRef, writeRef } from './refs.js';
import { remoteFailure } from './remote-failure.js';
import type { Repository } from './repository.js';
import { type Upstream, upstreamOf } from './upstream.js';

const NO_HUB: HubState = { relation: 'no-upstream', head: undefined, ahead: 0, behind: 0 };

/** Looks at the hub's branch, and for what the person left on others. */
export async function fetch(repository: Repository, state: WorkingTreeState): Promise<FetchResult> {
  const upstream = await upstreamOf(repository, state.branch);
  if ('kind' in upstream) return { kind: 'fetched', hub: NO_HUB };
  const refs = await readRefs(repository, [upstream.trackingRef, ...HEADS_AND_MEMORIES]);
  const found = await lookAtBranch(repository, state, { upstream, refs });
  if (found.kind !== 'fetched') return found;
  return withLeftBehind(found, await leftBehind(repository, { branch: state.branch, upstream, refs }));
}

/** Where a branch is kept, and what git remembers of it. */
type Kept = { readonly upstream: Upstream; readonly refs: ReadonlyMap<string, string> };

/** Looks at the hub's branch and says how ours stands to it; a history that was taken back there is not merged. */
export async function lookAtBranch(
  repository: Repository,
  state: Pick<WorkingTreeState, 'branch' | 'head'>,
  { upstream, refs }: Kept,
): Promise<FetchResult> {
  const seen = refs.get(upstream.seenRef) ?? refs.get(upstream.trackingRef);
  const fetched = await fetchBranch(repository, upstream);
  if (fetched.kind === 'unavailable') return fetched;
  const { head } = fetched;
  if (head === undefined) {
    if (seen === undefined) return { kind: 'fetched', hub: await compare(repository, state.head, undefined) };
    return { kind: 'blocked', blocked: deleted(upstream) };
  }
  if (seen !== undefined && (await isRewritten({ repository, seen, hub: head, ours: state.head }))) {
    // The memory stays where it was, so that the next run sees it too.
    await writeRef(repository, upstream.seenRef, seen);
    return { kind: 'blocked', blocked: rewritten(upstream, state.branch) };
  }
  if (refs.get(upstream.seenRef) !== head) {
    await writeRef(repository, upstream.seenRef, head);
  }
  return await related(repository, state, head);
}

async function related(
  repository: Repository,
  state: Pick<WorkingTreeState, 'head'>,
  head: string,
): Promise<FetchResult> {
  if (state.head !== undefined && state.head !== head) {
    const base = await repository.git.run(['merge-base', state.head, head]);
    if (base.exitCode === 1 && (await isShallow(repository))) {
      return { kind: 'unavailable', reason: 'other', why: 'the clone is too shallow to merge: git fetch --unshallow' };
    }
    if (base.exitCode === 1) return { kind: 'blocked', blocked: UNRELATED };
  }
  return { kind: 'fetched', hub: await compare(repository, state.head, head) };
}

const isShallow = async (repository: Repository): Promise<boolean> =>
  (await repository.git.text(['rev-parse', '--is-shallow-repository'])) === 'true';

type BranchFetch =
  | { readonly kind: 'fetched'; readonly head: string | undefined }
  | Extract<FetchResult, { kind: 'unavailable' }>;

/** Fetches one branch of the hub to its tracking ref; without a head where the hub has no such branch. */
export async function fetchBranch(repository: Repository, upstream: Upstream): Promise<BranchFetch> {
  const { remote, remoteRef, trackingRef } = upstream;
  const args = ['fetch', '--no-tags', '--no-recurse-submodules', '--no-auto-gc', '--no-write-fetch-head', '--progress'];
  const refspec = `+${remoteRef}:${trackingRef}`;
  const result = await repository.git.run([...args, '--', remote, refspec], await networkOptions(repository));
  if (result.exitCode === 0) return { kind: 'fetched', head: await readRef(repository, trackingRef) };
  if (isObjectDamage(result.stderr)) throw gitFailure(args, result);
  if (/couldn't find remote ref/i.test(result.stderr)) return { kind: 'fetched', head: undefined };
  if (await removeStaleRef(repository, trackingRef, result.stderr)) return await fetchBranch(repository, upstream);
  return { kind: 'unavailable', ...remoteFailure(result) };
}

/** What git says where a ref would need the name of another one for a folder, or the reverse. */
const NAME_TAKEN = /'(refs\/remotes\/[^'\n]+)' exists; cannot create/;

/**
 * Removes our memory of a branch `a` where the hub has a branch `a/b`, or the reverse: it cannot have both, so the one we
 * remember is gone there. Its commit is pinned.
 */
async function removeStaleRef(repository: Repository, trackingRef: string, words: string): Promise<boolean> {
  const stale = NAME_TAKEN.exec(words)?.[1];
  if (stale === undefined) return false;
  if (!trackingRef.startsWith(`${stale}/`) && !stale.startsWith(`${trackingRef}/`)) return false;
  const id = await readRef(repository, stale);
  if (id !== undefined) await writeRef(repository, pinName(repository.now()), id);
  await removeRef(repository, stale);
  return true;
}

type RewriteQuestion = {
  readonly repository: Repository;
  readonly seen: string;
  readonly hub: string;
  readonly ours: string | undefined;
};

/**
 * Tells whether the hub's history was rewritten: it no longer holds what it held. Not so when the person did it
 * himself from here, which is when his branch no longer holds that either, but holds what the hub has now.
 */
async function isRewritten({ repository, seen, hub, ours }: RewriteQuestion): Promise<boolean> {
  if (seen === hub || (await isAncestor(repository, seen, hub))) return false;
  if (ours === undefined) return false;
  if (ours === hub) return false;
  return (await isAncestor(repository, seen, ours)) || !(await isAncestor(repository, hub, ours));
}

async function compare(repository: Repository, ours: string | undefined, hub: string | undefined): Promise<HubState> {
  if (ours === hub) return { relation: 'equal', head: hub, ahead: 0, behind: 0 };
  if (hub === undefined) {
    const ahead = Number(await repository.git.text(['rev-list', '--count', ours ?? 'HEAD']));
    return { relation: 'ahead', head: undefined, ahead, behind: 0 };
  }
  if (ours === undefined) return { relation: 'behind', head: hub, ahead: 0, behind: 1 };
  const { ahead, behind } = await countAheadBehind(repository, ours, hub);
  return { relation: relationOf(ahead, behind), head: hub, ahead, behind };
}

const UNRELATED: Blocked = {
  kind: 'unrelated-history',
  hint: 'this branch and the one on the hub have no common beginning; clone the hub into a new folder and copy your files there',
};

function deleted({ remote, remoteRef }: Upstream): Blocked {
  const name = printable(remoteRef.replace(/^refs\/heads\//, ''));
  return {
    kind: 'branch-deleted',
    hint: `the hub no longer has '${name}'; if it should: git push ${printable(remote)} HEAD:${name}`,
  };
}

function rewritten({ trackingRef }: Upstream, branch: string): Blocked {
  const hub = printable(trackingRef.replace(/^refs\/remotes\//, ''));
  const ours = printable(branch);
  return {
    kind: 'history-rewritten',
    hint: `the hub's history was rewritten; to adopt it: git branch before-rewrite-${ours} && git reset --keep ${hub}; to refuse it: git push --force-with-lease`,
  };
}
