import type { Relation } from '../model/outcome.js';

/** Says how a branch stands to the hub's, from the numbers of commits that only the one and only the other has. */
export function relationOf(ahead: number, behind: number): Relation {
  if (ahead > 0 && behind > 0) return 'diverged';
  if (ahead > 0) return 'ahead';
  return behind > 0 ? 'behind' : 'equal';
}
