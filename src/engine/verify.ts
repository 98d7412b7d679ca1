import { dirname } from 'node:path/posix';
import type { Quarantined } from '../model/change.js';
import type { WorkingTree } from '../vcs/vcs.js';
import type { Facts } from './facts.js';

/** A working tree, and the paths in it that were still changing in earlier runs. */
export type VerifyRequest = {
  readonly tree: WorkingTree;
  readonly stillChanging: Readonly<Record<string, number>>;
};

/**
 * Looks once more before anything is called synced: whatever is not in the last commit must be a path that was left out
 * for a reason. What was saved while the run went on is taken in another round; a file that never rests is named.
 */
export async function verify(
  { tree, stillChanging }: VerifyRequest,
  facts: Facts,
): Promise<{ readonly facts: Facts; readonly next: 'done' | 'again' }> {
  const idle = facts.commit.kind === 'clean' && facts.integrate.kind === 'up-to-date';
  if (idle && facts.push.kind === 'nothing-to-push' && facts.quarantined.length === 0) return { facts, next: 'done' };
  const known = new Set(facts.quarantined.map(({ path }) => path.replace(/\/$/, '')));
  // Of a folder that may not be entered the folder alone is named.
  const isKnown = (path: string): boolean => known.has(path) || (path !== '.' && isKnown(dirname(path)));
  const unknown = (await tree.uncommitted()).filter((path) => !isKnown(path.replace(/\/$/, '')));
  const restless = unknown
    .filter((path) => path in stillChanging)
    .map((path): Quarantined => ({ path, reason: 'still-changing' }));
  const uncommitted = unknown.filter((path) => !(path in stillChanging));
  const finished = facts.push.kind === 'pushed' || facts.push.kind === 'nothing-to-push';
  const quarantined = [...facts.quarantined, ...restless];
  return { facts: { ...facts, uncommitted, quarantined }, next: uncommitted.length > 0 && finished ? 'again' : 'done' };
}
