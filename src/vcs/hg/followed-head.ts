import type { HubHead } from './hub.js';
import type { HubMemory } from './hub-memory.js';
import type { Repository } from './repository.js';
import { changesetsOf, isKnown, readPosition } from './revisions.js';
import { allOf } from './shared-head.js';

/** What decides which head of a branch on the hub a run follows. */
export type Choice = {
  /** The open heads that are nobody's own, newest first. */
  readonly heads: readonly HubHead[];
  readonly seen: HubMemory | undefined;
  readonly ours: string | undefined;
};

/** The head that a run follows, undefined where there is none, and the bookmarks of its line. */
export type Followed = { readonly head: string | undefined; readonly bookmarks: readonly string[] };

/**
 * Finds the head to follow: that of the active bookmark; else the newest without a bookmark or with one of the line that
 * is followed already. A bookmark is a line of work of its own, which hg, too, merges only where it is named. Where there
 * are no others, its line is the one to follow from then on, so that machines meet which have made it active and which
 * have not.
 */
export async function followedHead(repository: Repository, choice: Choice): Promise<Followed> {
  const { heads, seen } = choice;
  const bookmarks = seen?.bookmarks ?? [];
  if (heads.every((head) => head.bookmarks.length === 0)) return { head: heads[0]?.id, bookmarks };
  const { bookmark } = await readPosition(repository);
  const own = heads.find((head) => head.bookmarks.includes(bookmark));
  if (own !== undefined) return { head: own.id, bookmarks };
  const followed = heads.find((head) => head.bookmarks.length === 0 || isAny(head.bookmarks, bookmarks));
  if (followed !== undefined) return { head: followed.id, bookmarks };
  const likely = await likeliest(repository, choice);
  return { head: likely?.id, bookmarks: likely?.bookmarks ?? bookmarks };
}

const isAny = (names: readonly string[], wanted: readonly string[]): boolean =>
  names.some((name) => wanted.includes(name));

/** Of several lines the one that goes on from where we stand; among those `@`, which a clone of hg's stands on. */
async function likeliest(repository: Repository, { heads, seen, ours }: Choice): Promise<HubHead | undefined> {
  if (heads.length < 2) return heads[0];
  for (const line of [seen?.head, ours]) {
    if (line === undefined || !(await isKnown(repository, line))) continue;
    const ids = new Set(await changesetsOf(repository, `(${allOf(heads)}) and ${line}::`));
    if (ids.size > 0) return mainOf(heads.filter(({ id }) => ids.has(id)));
  }
  return mainOf(heads);
}

const mainOf = (heads: readonly HubHead[]): HubHead | undefined =>
  heads.find(({ bookmarks }) => bookmarks.includes('@')) ?? heads[0];
