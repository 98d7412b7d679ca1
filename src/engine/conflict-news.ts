import type { Conflict } from '../model/outcome.js';
import type { RepoReport } from '../model/report.js';
import type { ConflictNews } from '../notify/notifier.js';
import { appendLog } from '../store/log.js';
import type { EngineContext } from './context.js';
import type { Target } from './target.js';

/** What is handed on: the conflicts that are new, of a run that is over. */
type Handing = { readonly target: Target; readonly report: RepoReport; readonly fresh: readonly Conflict[] };

/** A program that takes its time must not keep the next run waiting for long, however many conflicts there are. */
const LONGEST_MS = 60_000;

/**
 * Gives each new conflict to the program that the person named for it, one after the other. What comes of it is nothing
 * to the run: that it failed stands in the log.
 */
export async function handConflicts(
  { locations, clock, handConflict }: Pick<EngineContext, 'locations' | 'clock' | 'handConflict'>,
  { target, report, fresh }: Handing,
): Promise<void> {
  const { conflictCommand, machine } = target.settings;
  if (conflictCommand.length === 0) return;
  const end = clock.monotonic() + LONGEST_MS;
  for (const conflict of fresh) {
    const at = new Date(clock.now()).toISOString();
    const isLate = clock.monotonic() > end;
    const delivery = isLate
      ? ({ kind: 'undelivered', why: 'the programs before it took too long' } as const)
      : await handConflict(conflictCommand, newsOf(conflict, { report, machine, at }));
    if (delivery.kind === 'delivered') continue;
    const title = `conflict in ${conflict.path}: ${delivery.why}`;
    appendLog(locations, { at, repo: target.path, event: 'conflict-command', about: conflict.path, title, delivery });
  }
}

type Finding = { readonly report: RepoReport; readonly machine: string; readonly at: string };

function newsOf({ path, kind, kept, copy }: Conflict, { report, machine, at }: Finding): ConflictNews {
  const isPaused = report.integrate.kind === 'paused';
  return {
    schema: 1,
    repo: report.path,
    vcs: report.vcs,
    branch: report.branch,
    machine,
    at,
    state: isPaused ? 'paused' : copy === undefined ? 'settled' : 'copied',
    path,
    kind,
    kept: (isPaused ? undefined : kept) ?? null,
    copy: (isPaused ? undefined : copy) ?? null,
  };
}
