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

/** Returns what a hub was last known to hold under such a bookmark; undefined where that is not known here. */
export async function heldAside(repository: Repository, aside: Aside): Promise<string | undefined> {
  const id = readMemory(repository, keyOf(aside))?.head;
  return id !== undefined && (await isKnown(repository, id)) ? id : undefined;
}

/**
 * Returns a revset of what the hub has had: what is public was on a hub once; one that does not publish makes nothing
 * public, so what it was last known to hold is remembered.
 */
export async function everHeld(repository: Repository, aside: Aside): Promise<string> {
  const held = await heldAside(repository, aside);
  return held === undefined ? 'public()' : `(public() or ::${held})`;
}
