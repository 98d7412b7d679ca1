import type { Blocked } from '../model/outcome.js';
import type { AbsolutePath } from '../model/paths.js';
import type { DeletionsLimit } from '../model/repo.js';
import { printable } from '../system/printable.js';

/** Fewer files than these are no mass, whatever share of the tree they are. */
const FEWEST = 20;

/** A snapshot's removals: how many files are gone that nobody told the system to remove, and how many there were. */
export type Removals = { readonly top: AbsolutePath; readonly gone: number; readonly tracked: number };

/** Tells whether so many removals can be too many at all: only then is it worth to count what there was. */
export function mayBeTooMany(limit: DeletionsLimit, gone: number): boolean {
  if (limit.kind === 'off') return false;
  return limit.kind === 'count' ? gone > limit.files : gone >= FEWEST;
}

/** Returns why removals are not believed: more files are gone at once than the person's limit allows. */
export function massDeletion(limit: DeletionsLimit, { top, gone, tracked }: Removals): Blocked | undefined {
  if (!mayBeTooMany(limit, gone) || limit.kind === 'off') return undefined;
  if (limit.kind === 'percent' && gone * 100 <= tracked * limit.percent) return undefined;
  const hint = `${gone} of ${tracked} files are gone at once; if that is meant: autosync snapshot '${printable(top)}' --allow-deletions; if not, bring them back, and the next run goes on`;
  return { kind: 'mass-deletion', hint };
}
