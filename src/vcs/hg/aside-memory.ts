import { readMemory, remember } from './hub-memory.js';
import type { Repository } from './repository.js';
import { isKnown } from './revisions.js';
import type { Upstream } from './upstream.js';

/** A bookmark of this machine's own on a hub. */
export type Aside = { readonly upstream: Upstream; readonly bookmark: string };

/** No name of a branch has a colon: hg allows none. */
const keyOf = ({ upstream, bookmark }: Aside): string => `${upstream.name}:${bookmark}`;

/** Remembers what a hub holds under a bookmark of this machine's own. */
export const rememberAside = (repository: Repository, aside: Aside, id: string): void =>
  remember(repository, keyOf(aside), { tip: id, head: id });

/** Hg's name for what is before every changeset. */
const NOTHING = '0'.repeat(40);

/** Remembers that what was sent is not where the hub is asked, although it is public now: that shows nothing any more. */
export function rememberNotThere(repository: Repository, aside: Aside): void {
  if (readMemory(repository, keyOf(aside)) === undefined) rememberAside(repository, aside, NOTHING);
}

/** Returns what a hub was last known to hold under such a bookmark; undefined where that is not known here. */
export async function heldAside(repository: Repository, aside: Aside): Promise<string | undefined> {
  const id = readMemory(repository, keyOf(aside))?.head;
  return id !== undefined && (await isKnown(repository, id)) ? id : undefined;
}

/**
 * Returns a revset of what the hub has had, by what is remembered of it: one that does not publish makes nothing public.
 * Where nothing is remembered, what is public was on a hub once.
 */
export async function everHeld(repository: Repository, aside: Aside): Promise<string> {
  const held = await heldAside(repository, aside);
  return held === undefined ? 'public()' : `::${held}`;
}
