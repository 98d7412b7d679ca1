import type { MirrorRef } from '../model/mirror.js';
import type { PlacedRefs } from './placed-refs.js';
import type { RefPlan } from './plan-refs.js';

/** What a decision rests on; ids are those of commits. */
export type RefFacts = {
  readonly wanted: RefPlan;
  /** What the destination has, of branches and tags. */
  readonly present: ReadonlyMap<string, string>;
  readonly placed: PlacedRefs;
};

/** A ref to send: `expected` is where it must stand, for what git by itself would not look at or would refuse. */
export type RefUpdate = {
  readonly ref: string;
  readonly kind: 'created' | 'advanced' | 'tag-moved' | 'removed';
  /** The commit; undefined when the ref is to go. */
  readonly id: string | undefined;
  readonly expected?: string;
};

/** What is to be sent, and what is left alone and told of. */
export type RefDecision = { readonly updates: readonly RefUpdate[]; readonly told: readonly MirrorRef[] };

/** Tells whether a commit is one of the mirror's, and an ancestor of another one of them. */
export type IsAncestor = (one: string, other: string) => boolean;

/**
 * Decides about the refs that are wanted. A branch only ever goes forward. A tag that was moved in Mercurial is moved,
 * but only from where the mirror itself has put it.
 */
export const decideWanted = (facts: RefFacts, isAncestor: IsAncestor): RefDecision =>
  sorted([...facts.wanted].map(([ref, id]) => wantedRef({ ...facts, isAncestor }, ref, id)));

/**
 * Decides about the refs that are wanted no more. One goes, but only from where the mirror itself has put it, and only
 * where its commits stay reachable by what stands at the destination by now.
 */
export const decideGone = (facts: RefFacts, isKept: (id: string) => boolean): RefDecision =>
  sorted([...facts.placed.keys()].map((ref) => (facts.wanted.has(ref) ? undefined : goneRef(facts, isKept, ref))));

function sorted(found: readonly (RefUpdate | MirrorRef | undefined)[]): RefDecision {
  const updates: RefUpdate[] = [];
  const told: MirrorRef[] = [];
  for (const one of found) {
    if (one === undefined) continue;
    if ('id' in one) updates.push(one);
    else told.push(one);
  }
  return { updates, told };
}

type WantedFacts = RefFacts & { readonly isAncestor: IsAncestor };

function wantedRef(facts: WantedFacts, ref: string, id: string): RefUpdate | MirrorRef | undefined {
  const present = facts.present.get(ref);
  if (present === undefined) return { ref, kind: 'created', id };
  if (present === id) return undefined;
  if (isTag(ref)) {
    if (isOurs(facts, ref, present)) return { ref, kind: 'tag-moved', id, expected: present };
    return movedThere(ref, `the tag stands on ${short(present)}, where the mirror never put it`);
  }
  if (facts.isAncestor(present, id)) return { ref, kind: 'advanced', id };
  if (isOurs(facts, ref, present)) {
    return movedThere(
      ref,
      `it has ${short(present)}, which is not in the history of this branch in Mercurial any more; once it is removed in git, it is made anew`,
    );
  }
  return movedThere(ref, `it has ${short(present)}, which did not come from Mercurial`);
}

function goneRef(facts: RefFacts, isKept: (id: string) => boolean, ref: string): RefUpdate | MirrorRef | undefined {
  const present = facts.present.get(ref);
  if (present === undefined || !isOurs(facts, ref, present)) return undefined;
  if (isKept(present)) return { ref, kind: 'removed', id: undefined, expected: present };
  return { ref, kind: 'kept', why: `it is wanted no more, but nothing else leads to ${short(present)}` };
}

const isTag = (ref: string): boolean => ref.startsWith('refs/tags/');
const isOurs = ({ placed }: RefFacts, ref: string, id: string): boolean => placed.get(ref)?.includes(id) === true;
const movedThere = (ref: string, why: string): MirrorRef => ({ ref, kind: 'moved-there', why });
const short = (id: string): string => id.slice(0, 12);
