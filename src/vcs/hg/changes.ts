import type { Change } from '../../model/change.js';
import { asRelative } from '../../model/paths.js';
import { encodePath } from '../../system/path-bytes.js';
import type { Candidate } from './candidates.js';
import type { StatusEntry } from './status-parser.js';

/** Turns hg's status of some paths into events, in the order of their names; a copy whose origin stays is an addition. */
export function changesOf(entries: readonly StatusEntry[]): readonly Change[] {
  const removed = new Set(entries.filter(isGone).map(({ path }) => path as string));
  const renamed = new Set<string>();
  const changes: Change[] = [];
  for (const { path, letter, source } of entries) {
    if (letter === 'M') changes.push({ type: 'modified', path });
    if (letter !== 'A' && letter !== '?') continue;
    // One file that was renamed to two names is a rename and an addition.
    if (!removed.has(source) || renamed.has(source)) changes.push({ type: 'added', path });
    else {
      renamed.add(source);
      changes.push({ type: 'renamed', path, from: asRelative(source) });
    }
  }
  for (const { path } of entries.filter(isGone)) if (!renamed.has(path)) changes.push({ type: 'removed', path });
  return changes.sort((one, other) => Buffer.compare(encodePath(one.path), encodePath(other.path)));
}

const isGone = ({ letter }: StatusEntry): boolean => letter === 'R' || letter === '!';

/** Says what a snapshot of some candidates would be, given which of them hg takes for renames. */
export const foreseenChanges = (
  candidates: readonly Candidate[],
  renames: ReadonlyMap<string, string>,
): readonly Change[] => changesOf(candidates.map((one) => ({ ...one, source: renames.get(one.path) ?? one.source })));
