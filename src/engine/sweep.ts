import type { RepoReport } from '../model/report.js';
import { fewAtATime } from '../system/at-a-time.js';
import type { EngineContext } from './context.js';
import type { Target } from './target.js';
import { type RunOptions, visit } from './visit.js';

/** Runs many repositories, some at a time, keeps going whatever becomes of one, and returns every report in order. */
export const sweep = (
  context: EngineContext,
  targets: readonly Target[],
  options: RunOptions,
): Promise<readonly RepoReport[]> => fewAtATime(targets, (target) => visit(context, target, options));
