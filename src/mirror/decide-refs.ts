import type { MirrorRef } from '../model/mirror.js';
import type { PlacedRefs } from './placed-refs.js';
import type { RefPlan } from './plan-refs.js';

/** What a decision rests on; ids are those of commits. */
export type RefFacts = {
  readonly wanted: RefPlan;
  /** What the destination has, of branches and tags. */
  readonly present: ReadonlyMap<string, string>;
  readonly placed: PlacedRefs;
  /** Tells whether a commit is one of the mirror's, and an ancestor of another one of them, or that one itself. */
  readonly isAncestor: (one: string, other: string) => boolean;
  /** Tells whether a commit is reachable from what is wanted. */
  readonly isKept: (id: string) => boolean;
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

/**
 * Decides about every ref. A branch only ever goes forward. A tag that was moved in Mercurial is moved, and a ref that
 * has gone there goes, but only from where the mirror itself has put it, and only where no commit is lost by it.
 */
export function decideRefs(facts: RefFacts): RefDecision {
  const updates: RefUpdate[] = [];
  const told: MirrorRef[] = [];
  for (const [ref, id] of facts.wanted) sort(wantedRef(facts, ref, id));
  for (const ref of facts.placed.keys()) if (!facts.wanted.has(ref)) sort(goneRef(facts, ref));
  return { updates, told };

  function sort(found: RefUpdate | MirrorRef | undefined): void {
    if (found === undefined) return;
    if ('id' in found) updates.push(found);
    else told.push(found);
  }
}

function wantedRef(facts: RefFacts, ref: string, id: string): RefUpdate | MirrorRef | undefined {
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

function goneRef(facts: RefFacts, ref: string): RefUpdate | MirrorRef | undefined {
  const present = facts.present.get(ref);
  if (present === undefined || !isOurs(facts, ref, present)) return undefined;
  if (facts.isKept(present)) return { ref, kind: 'removed', id: undefined, expected: present };
  return { ref, kind: 'kept', why: `Mercurial no longer has ${short(present)}; it stays in git` };
}

const isTag = (ref: string): boolean => ref.startsWith('refs/tags/');
const isOurs = ({ placed }: RefFacts, ref: string, id: string): boolean => placed.get(ref)?.includes(id) === true;
const movedThere = (ref: string, why: string): MirrorRef => ({ ref, kind: 'moved-there', why });
const short = (id: string): string => id.slice(0, 12);
