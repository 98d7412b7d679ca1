import { availableParallelism } from 'node:os';
import type { RepoReport } from '../model/report.js';
import type { EngineContext } from './context.js';
import type { Target } from './target.js';
import { type RunOptions, visit } from './visit.js';

/** Runs many repositories, some at a time, keeps going whatever becomes of one, and returns every report in order. */
export async function sweep(
  context: EngineContext,
  targets: readonly Target[],
  options: RunOptions,
): Promise<readonly RepoReport[]> {
  const reports: RepoReport[] = [];
  const waiting = targets.entries();
  const work = async (): Promise<void> => {
    for (const [at, target] of waiting) reports[at] = await visit(context, target, options);
  };
  const width = Math.min(targets.length, 4, 2 * availableParallelism());
  await Promise.all(Array.from({ length: width }, work));
  return reports;
}
