import type { MirrorRef } from '../model/mirror.js';
import { decideGone, decideWanted, type IsAncestor, type RefFacts, type RefUpdate } from './decide-refs.js';
import { send, type Unavailable } from './destination.js';
import { type PlacedRefs, readPlaced, writePlaced } from './placed-refs.js';
import type { RefPlan } from './plan-refs.js';
import type { Site } from './site.js';

/** What came of bringing the destination up to date. */
export type Published =
  | {
      readonly kind: 'published';
      readonly refs: readonly MirrorRef[];
      /** Which of the mirror's commits stand at refs of the destination now. */
      readonly standing: readonly string[];
    }
  | Unavailable;

/** What is to be published, and where. */
export type PublishRequest = {
  readonly wanted: RefPlan;
  /** Every commit of the mirror's. */
  readonly commits: ReadonlySet<string>;
  /** The refs of the destination. */
  readonly present: ReadonlyMap<string, string>;
};

/** Brings the destination's refs to where they are wanted, as far as that takes nothing from anybody. */
export async function publish(site: Site, { wanted, commits, present }: PublishRequest): Promise<Published> {
  const placed = readPlaced(site.placedFile);
  const facts = { wanted, present, placed };
  const first = decideWanted(facts, await ancestry(site, facts, commits));
  // Written before anything is sent: a run that is killed must know its own refs again.
  writePlaced(site.placedFile, underWay(placed, first.updates));
  const sent = await sendAll(site, inOrder(first.updates, wanted), present);
  if (sent.kind === 'unavailable') return sent;
  // Only now is it known what stands there: what was refused keeps no commit.
  const there = { wanted, present: sent.standing, placed };
  const second = decideGone(there, await reachability(site, there, commits));
  const removed = await sendAll(site, second.updates, sent.standing);
  if (removed.kind === 'unavailable') return removed;
  // A ref can have stood in the way of another one, of which its name was a folder.
  const retried = removed.refs.some(({ kind }) => kind === 'removed') ? sent.left : [];
  const last = await sendAll(site, retried, removed.standing);
  if (last.kind === 'unavailable') return last;
  const { standing } = last;
  writePlaced(site.placedFile, settled(placed, wanted, standing));
  const isRetried = new Set(retried.map(({ ref }) => ref));
  const earlier = sent.refs.filter(({ ref }) => !isRetried.has(ref));
  const refs = [...earlier, ...removed.refs, ...last.refs, ...first.told, ...second.told];
  const ours = new Set([...standing.values()].filter((id) => commits.has(id)));
  return { kind: 'published', refs, standing: [...ours] };
}

type SentAll =
  | {
      readonly kind: 'sent';
      readonly refs: readonly MirrorRef[];
      /** What was refused. */
      readonly left: readonly RefUpdate[];
      readonly standing: ReadonlyMap<string, string>;
    }
  | Unavailable;

async function sendAll(
  site: Site,
  updates: readonly RefUpdate[],
  present: ReadonlyMap<string, string>,
): Promise<SentAll> {
  const sent = await send(site, updates);
  if (sent.kind === 'unavailable') return sent;
  const taken = updates.filter(({ ref }) => !sent.refused.has(ref));
  const done = taken.map(({ ref, kind }) => ({ ref, kind }));
  const refused = [...sent.refused].map(([ref, why]) => ({ ref, kind: 'refused' as const, why }));
  const left = updates.filter(({ ref }) => sent.refused.has(ref));
  return { kind: 'sent', refs: [...done, ...refused], left, standing: standingAfter(present, taken) };
}

/** Asks git beforehand what the decision wants to know of descent. */
async function ancestry(site: Site, { wanted, present }: RefFacts, commits: ReadonlySet<string>): Promise<IsAncestor> {
  const found = new Set<string>();
  for (const [ref, id] of wanted) {
    const there = present.get(ref);
    if (there === undefined || there === id || !commits.has(there)) continue;
    if (await isAncestor(site, there, id)) found.add(`${there} ${id}`);
  }
  return (one, other) => found.has(`${one} ${other}`);
}

/** Finds out which commits of refs that are wanted no more the wanted ones lead to, as they stand. */
async function reachability(
  site: Site,
  { wanted, present, placed }: RefFacts,
  commits: ReadonlySet<string>,
): Promise<(id: string) => boolean> {
  const roots = [...wanted.keys()].flatMap((ref) => present.get(ref) ?? []).filter((id) => commits.has(id));
  const kept = new Set<string>();
  for (const ref of placed.keys()) {
    const there = present.get(ref);
    if (wanted.has(ref) || there === undefined || !commits.has(there)) continue;
    if (await isReachable(site, there, roots)) kept.add(there);
  }
  return (id) => kept.has(id);
}

const isAncestor = async ({ git }: Site, one: string, other: string): Promise<boolean> =>
  (await git.run(['merge-base', '--is-ancestor', one, other])).exitCode === 0;

async function isReachable({ git }: Site, id: string, from: readonly string[]): Promise<boolean> {
  const input = `${id}\n${from.map((one) => `^${one}\n`).join('')}`;
  return (await git.text(['rev-list', '--max-count=1', '--stdin'], { input })) === '';
}

/** Branches before tags, the first of all first: a host takes the first branch that it gets for the main one. */
function inOrder(updates: readonly RefUpdate[], wanted: RefPlan): readonly RefUpdate[] {
  const order = [...wanted.keys()];
  const rank = ({ ref, id }: RefUpdate): number =>
    (id === undefined ? 2e9 : 0) + (ref.startsWith('refs/tags/') ? 1e9 : 0) + order.indexOf(ref);
  return updates.toSorted((one, other) => rank(one) - rank(other));
}

function underWay(placed: PlacedRefs, updates: readonly RefUpdate[]): PlacedRefs {
  const next = new Map(placed);
  for (const { ref, id } of updates) {
    if (id !== undefined) next.set(ref, [...new Set([...(placed.get(ref) ?? []), id])]);
  }
  return next;
}

function standingAfter(present: ReadonlyMap<string, string>, taken: readonly RefUpdate[]): ReadonlyMap<string, string> {
  const standing = new Map(present);
  for (const { ref, id } of taken) {
    if (id === undefined) standing.delete(ref);
    else standing.set(ref, id);
  }
  return standing;
}

/** What is as wanted was put there by the mirror; what was refused, or stays although it is not wanted, is as before. */
function settled(placed: PlacedRefs, wanted: RefPlan, standing: ReadonlyMap<string, string>): PlacedRefs {
  const next = new Map<string, readonly string[]>();
  for (const [ref, ids] of placed) {
    const there = standing.get(ref);
    if (wanted.has(ref) || (there !== undefined && ids.includes(there))) next.set(ref, ids);
  }
  for (const [ref, id] of wanted) if (standing.get(ref) === id) next.set(ref, [id]);
  return next;
}
