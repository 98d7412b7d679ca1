import type { Blocked } from '../model/outcome.js';
import type { RelativePath } from '../model/paths.js';
import { printable } from '../system/printable.js';
import { liesInMetadata } from './metadata-name.js';
import type { CloneResult } from './vcs.js';

/** What is said of a path of a commit that lies in a repository's own folder, and what a person can do about it. */
export const IN_METADATA = {
  what: "comes in, and lies in a repository's own folder, where git and hg find programs to run",
  remedy: 'take it back on the machine that committed it; or look at it, and bring it in by hand',
} as const;

/**
 * Says why what has come in may not be put in place, changed or removed: with a repository's settings and hooks, what was
 * pushed would run (PROMISES, P11). What a history holds and leaves as it is stops nobody.
 */
export function metadataChange(paths: readonly RelativePath[]): Blocked | undefined {
  const path = paths.find(liesInMetadata);
  if (path === undefined) return undefined;
  return { kind: 'unsupported', hint: `'${printable(path)}' ${IN_METADATA.what}: ${IN_METADATA.remedy}` };
}

/** Says why a clone of what holds such paths is not kept. */
export function metadataCloned(paths: readonly RelativePath[]): CloneResult | undefined {
  const path = paths.find(liesInMetadata);
  if (path === undefined) return undefined;
  return { kind: 'refused', why: `'${printable(path)}' ${IN_METADATA.what}`, hint: IN_METADATA.remedy };
}
