import type { WorkingTree } from '../vcs/vcs.js';
import type { Facts } from './facts.js';

/**
 * Looks once more before anything is called synced: whatever is not in the last commit must be a path that was left out
 * for a reason. What was saved while the run went on is taken in another round.
 */
export async function verify(
  tree: WorkingTree,
  facts: Facts,
): Promise<{ readonly facts: Facts; readonly next: 'done' | 'again' }> {
  const idle = facts.commit.kind === 'clean' && facts.integrate.kind === 'up-to-date';
  if (idle && facts.push.kind === 'nothing-to-push' && facts.quarantined.length === 0) return { facts, next: 'done' };
  const known = new Set(facts.quarantined.map(({ path }) => path.replace(/\/$/, '')));
  const uncommitted = (await tree.uncommitted())
    .map((path) => path.replace(/\/$/, ''))
    .filter((path) => !known.has(path));
  const finished = facts.push.kind === 'pushed' || facts.push.kind === 'nothing-to-push';
  return { facts: { ...facts, uncommitted }, next: uncommitted.length > 0 && finished ? 'again' : 'done' };
}
