import type { Blocked } from '../model/outcome.js';
import { printable } from '../system/printable.js';
import { liesInMetadata } from './metadata-name.js';

/** Why nothing that a commit holds under a path may ever be put in place, and what a person can do about it. */
export type Unplaceable = { readonly what: string; readonly remedy: string };

const REMEDY = 'take it back on the machine that committed it; or look at it, and bring it in by hand';

/**
 * Says why a path of a commit is for no working tree: with a repository's settings and hooks, what was pushed would run
 * (PROMISES, P11), and only a history that was made on purpose names a place that is none of the tree's.
 */
export function unplaceable(path: string): Unplaceable | undefined {
  if (liesInMetadata(path)) {
    return {
      what: "comes in, and lies in a repository's own folder, where git and hg find programs to run",
      remedy: REMEDY,
    };
  }
  return leadsInside(path) ? undefined : { what: 'comes in, and is no path inside a working tree', remedy: REMEDY };
}

/** Tells whether a path, read as relative to a folder, leads to a place inside of it. */
export const leadsInside = (path: string): boolean =>
  path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');

/** Says why what has come in may not be put in place, changed or removed; what a history leaves as it is stops nobody. */
export function unplaceableChange(paths: readonly string[]): Blocked | undefined {
  const found = firstUnplaceable(paths);
  return found && { kind: 'unsupported', hint: `${found.what}: ${found.remedy}` };
}

/** Returns why the first of some paths that is for no working tree is for none, with its name. */
export function firstUnplaceable(paths: readonly string[]): Unplaceable | undefined {
  for (const path of paths) {
    const found = unplaceable(path);
    if (found !== undefined) return { ...found, what: `'${printable(path)}' ${found.what}` };
  }
  return undefined;
}
