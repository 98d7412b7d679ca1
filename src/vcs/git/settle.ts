import type { Stats } from 'node:fs';
import type { Quarantined } from '../../model/change.js';
import { joinPath, lstatIfPresent } from '../../system/files.js';
import type { Candidate } from './candidates.js';
import type { Repository } from './repository.js';

/** After so many runs in a row a file that never rests is taken as it is. */
const MAX_RUNS = 5;

/** Tells whether two looks at a path saw the same thing. */
export function isSame(before: Stats | undefined, after: Stats | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  return (
    before.size === after.size &&
    before.mtimeMs === after.mtimeMs &&
    before.ctimeMs === after.ctimeMs &&
    before.ino === after.ino &&
    before.mode === after.mode
  );
}

/** Looks at a path again. */
export function lookAgain(repository: Repository, candidate: Candidate): Candidate {
  const stats = lstatIfPresent(joinPath(repository.top, candidate.path));
  const folder = stats?.isDirectory() === true && candidate.tracked?.submodule === undefined;
  return { ...candidate, stats: folder ? undefined : stats };
}

/** Tells whether a file that has not come to rest is taken all the same. */
export const isTakenAnyway = (path: string, stillChanging: Readonly<Record<string, number>>): boolean =>
  (stillChanging[path] ?? 0) >= MAX_RUNS;

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
