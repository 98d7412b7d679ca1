import type { IntegrateOutcome } from '../model/outcome.js';
import { printable } from '../system/printable.js';
import type { IntegrateResult } from '../vcs/vcs.js';

/** More names than a person reads in one line. */
const NAMED = 3;

/** Returns what a run says of a merge that is left to a person, and why it is, where the policy alone does not say so. */
export function pausedOutcome({ conflicts, crowded }: Extract<IntegrateResult, { kind: 'paused' }>): IntegrateOutcome {
  if (crowded.length === 0) return { kind: 'paused', files: 0, conflicts };
  const names = crowded.slice(0, NAMED).map((path) => `'${printable(path)}'`);
  const more = crowded.length > NAMED ? ` and ${crowded.length - NAMED} more` : '';
  const [has, copies] = crowded.length === 1 ? ['has', 'its copies'] : ['have', 'their copies'];
  const why = `${names.join(', ')}${more} ${has} as many conflict copies as 'max-conflict-copies' allows; resolve ${copies}, then a run goes on: autosync conflicts`;
  // None of them has been made.
  return { kind: 'paused', files: 0, conflicts: conflicts.map(({ path, kind }) => ({ path, kind })), why };
}
