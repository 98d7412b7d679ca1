import type { Quarantined } from '../../model/change.js';
import { isSame, isTakenAnyway } from '../at-rest.js';
import { type Candidate, lookAgain } from './candidates.js';
import type { Repository } from './repository.js';

/** Files that rest, and those that were left out because they do not. */
export type Settled = { readonly settled: readonly Candidate[]; readonly moving: readonly Quarantined[] };

/**
 * Waits, once, until files that were changed a moment ago have had the settle time, and leaves out what moved
 * meanwhile: a file must not be committed half written.
 */
export async function settle(
  repository: Repository,
  candidates: readonly Candidate[],
  stillChanging: Readonly<Record<string, number>>,
): Promise<Settled> {
  const settleMs = repository.settings.settleSeconds * 1000;
  const now = repository.now();
  const isYoung = ({ stats }: Candidate): boolean =>
    stats !== undefined && stats.mtimeMs <= now && stats.mtimeMs > now - settleMs;
  if (!candidates.some(isYoung)) return { settled: candidates, moving: [] };
  await repository.sleep(settleMs);
  return leaveOutMoving(repository, candidates, stillChanging);
}

/** Looks at every candidate again and leaves out what is not as it was. */
export function leaveOutMoving(
  repository: Repository,
  candidates: readonly Candidate[],
  stillChanging: Readonly<Record<string, number>>,
): Settled {
  const settled: Candidate[] = [];
  const moving: Quarantined[] = [];
  for (const candidate of candidates) {
    const again = lookAgain(repository, candidate);
    const rests = isSame(candidate.stats, again.stats) || isTakenAnyway(candidate.path, stillChanging);
    if (rests) settled.push(again);
    else if (again.stats !== undefined || again.letter !== '?') {
      moving.push({ path: candidate.path, reason: 'still-changing' });
    }
  }
  return { settled, moving };
}
