import type { AbsolutePath } from '../model/paths.js';
import { createExclusively, joinPath, listNames, lstatIfPresent, makeFolder, remove } from '../system/files.js';
import { hashBytes } from '../system/hash.js';

/** Ninety days, as long as SourceHut remembers its own. */
const REMEMBERED_MS = 90 * 86_400_000;

/** Months of a busy host. Some sign a body and not its name: whoever has caught one may send it under any number of names. */
const MOST = 10_000;

/** Deliveries that were taken: one empty file for each, named after the hash of its id, so that of two at once one wins. */
export type Seen = {
  /** Remembers a delivery; returns false when it was taken before. */
  readonly isNew: (id: string) => boolean;
  /** Forgets one that could not be acted on, so that the sender may try again. */
  readonly forget: (id: string) => void;
};

/** Returns the memory in a folder of ours; `now` in milliseconds since 1970. */
export function seenIn(folder: AbsolutePath, now: number): Seen {
  const fileOf = (id: string): AbsolutePath => joinPath(folder, hashBytes(id, 'sha256'));
  return {
    isNew: (id) => {
      makeFolder(folder);
      if (!createExclusively(fileOf(id), '')) return false;
      forgetOld(folder, now);
      return true;
    },
    forget: (id) => remove(fileOf(id)),
  };
}

/** Looks at one folder in a hundred deliveries' time: tidying must not make each of them slower. */
function forgetOld(folder: AbsolutePath, now: number): void {
  const names = listNames(folder);
  if (names.length % 100 !== 0) return;
  const files = names.map((name) => {
    const path = joinPath(folder, name);
    return { path, at: lstatIfPresent(path)?.mtimeMs ?? now };
  });
  const newestFirst = files.sort((one, other) => other.at - one.at);
  for (const [place, { path, at }] of newestFirst.entries()) {
    if (place >= MOST || now - at > REMEMBERED_MS) remove(path);
  }
}
