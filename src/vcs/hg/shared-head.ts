import type { HubHead } from './hub.js';
import type { Repository } from './repository.js';
import { changesetsOf, isKnown } from './revisions.js';

/** A revset of the heads that are some machine's own: work put aside there, which nobody else is to merge. */
export const ASIDE = 'bookmark("re:^autosync/")';

/** Returns those of a hub's heads that are open, in the same order; undefined where one of them is not here. */
export async function openHeads(
  repository: Repository,
  heads: readonly HubHead[],
): Promise<readonly HubHead[] | undefined> {
  const all = allOf(heads);
  if (!(await isKnown(repository, all))) return undefined;
  const open = new Set(await changesetsOf(repository, `(${all}) - closed()`));
  return heads.filter(({ id }) => open.has(id));
}

/** A revset of some heads. */
export const allOf = (heads: readonly HubHead[]): string => heads.map(({ id }) => id).join('+');

/** Returns those of a hub's open heads that are nobody's own, in the same order. */
export async function sharedHeads(repository: Repository, open: readonly HubHead[]): Promise<readonly HubHead[]> {
  if (open.length === 0) return [];
  const shared = new Set(await changesetsOf(repository, `(${allOf(open)}) - ${ASIDE}`));
  return open.filter(({ id }) => shared.has(id));
}

/**
 * Returns what machines share where every open head is some machine's own: of a line that was shared, as much as the hub
 * still has below those heads. Undefined where that is nothing.
 */
export async function sharedGround(
  repository: Repository,
  open: readonly HubHead[],
  lines: readonly (string | undefined)[],
): Promise<string | undefined> {
  if (open.length === 0) return undefined;
  for (const line of lines) {
    if (line === undefined || !(await isKnown(repository, line))) continue;
    const [ground] = await changesetsOf(repository, `heads(::${line} and ::(${allOf(open)}))`);
    if (ground !== undefined) return ground;
  }
  return undefined;
}
