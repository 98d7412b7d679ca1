import type { Quarantined } from '../../model/change.js';
import { joinPath, lstatIfPresent } from '../../system/files.js';
import { isSame, isTakenAnyway } from '../at-rest.js';
import type { Candidate } from './candidates.js';
import type { Repository } from './repository.js';

/** Looks at a path again. */
export function lookAgain(repository: Repository, candidate: Candidate): Candidate {
  const stats = lstatIfPresent(joinPath(repository.top, candidate.path));
  const folder = stats?.isDirectory() === true && candidate.tracked?.submodule !== true;
  return { ...candidate, stats: folder ? undefined : stats };
}

/**
 * Waits, once, until files that were changed a moment ago have had the settle time, and leaves out what moved
 * meanwhile: a file must not be committed half written.
 */
export async function settle(
  repository: Repository,
  candidates: readonly Candidate[],
  stillChanging: Readonly<Record<string, number>>,
): Promise<{ readonly settled: readonly Candidate[]; readonly moving: readonly Quarantined[] }> {
  const settleMs = repository.settings.settleSeconds * 1000;
  const now = repository.now();
  const isYoung = ({ stats }: Candidate): boolean =>
    stats !== undefined && stats.mtimeMs <= now && stats.mtimeMs > now - settleMs;
  if (!candidates.some(isYoung)) return { settled: candidates, moving: [] };
  await repository.sleep(settleMs);
  const settled: Candidate[] = [];
  const moving: Quarantined[] = [];
  for (const candidate of candidates) {
    const again = isYoung(candidate) ? lookAgain(repository, candidate) : candidate;
    const rests = isSame(candidate.stats, again.stats) || isTakenAnyway(candidate.path, stillChanging);
    if (rests) settled.push(again);
    else if (again.stats !== undefined || again.tracked !== undefined) {
      moving.push({ path: candidate.path, reason: 'still-changing' });
    }
  }
  return { settled, moving };
}
