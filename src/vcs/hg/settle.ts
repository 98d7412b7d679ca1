import type { Stats } from 'node:fs';
import type { Quarantined } from '../../model/change.js';
import { type Candidate, lookAgain } from './candidates.js';
import type { Repository } from './repository.js';

/** After so many runs in a row a file that never rests is taken as it is. */
const MAX_RUNS = 5;

/** Tells whether two looks at a path saw the same thing. */
function isSame(before: Stats | undefined, after: Stats | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  return (
    before.size === after.size &&
    before.mtimeMs === after.mtimeMs &&
    before.ctimeMs === after.ctimeMs &&
    before.ino === after.ino &&
    before.mode === after.mode
  );
}

/** Files that rest, and those that were left out because they do not. */
export type Settled = { readonly settled: readonly Candidate[]; readonly moving: readonly Quarantined[] };

/** Tells whether a file that has not come to rest is taken all the same. */
const isTakenAnyway = (path: string, stillChanging: Readonly<Record<string, number>>): boolean =>
  (stillChanging[path] ?? 0) >= MAX_RUNS;

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
