import { errorMessage } from '../model/errors.js';
import type { Rules } from '../model/repo.js';
import type { RepoReport } from '../model/report.js';
import { appendLog, runEntry } from '../store/log.js';
import { isRegistered } from '../store/registry.js';
import { type LeftToPerson, type RepoState, readState, removeState, updateState } from '../store/state.js';
import { announce, freshConflicts, readAnnounced } from './announce.js';
import { nextTry } from './back-off.js';
import { handConflicts } from './conflict-news.js';
import type { EngineContext } from './context.js';
import type { Trigger } from './round.js';
import type { Target } from './target.js';
import { isHeardAnywhere, tellAll } from './tell.js';
import { readUnheard, stillToTell, type Unheard } from './unheard.js';

const MAX_REMEMBERED = 200;

/** A run that is over. */
export type Remembering = {
  readonly id: string;
  readonly target: Target;
  readonly report: RepoReport;
  readonly startedAt: number;
  readonly trigger: Trigger;
};

/** A disk that is full must not hide how a run went: then the report itself says that it is not remembered. */
export async function rememberOrSay(context: EngineContext, remembering: Remembering): Promise<RepoReport> {
  const { report } = remembering;
  try {
    await remember(context, remembering);
    return report;
  } catch (error) {
    const verdict = report.verdict === 'synced' ? 'attention' : report.verdict;
    const why = [report.why, `how the run went could not be written down: ${errorMessage(error)}`];
    return { ...report, verdict, why: why.filter((part) => part !== '').join('; ') };
  }
}

/** Writes down how a run went, first; then tells the person what of it is news. */
async function remember(
  context: EngineContext,
  { id, target, report, startedAt, trigger }: Remembering,
): Promise<void> {
  const { locations, clock } = context;
  const { settings } = target;
  // Whoever has uninstalled it waited for the run itself, and wants nothing of it back.
  if (!isRegistered(locations, id)) return;
  const now = clock.now();
  const previous = readState(locations, id);
  const before = readAnnounced(previous.announced);
  const { notification, remember: announced } = announce({
    previous: before,
    report,
    now,
    settings,
  });
  const toTell = stillToTell(readUnheard(previous.unheard), { notification, now });
  // Written first: news that a killed run could not tell any more is told by the next.
  const unheard = isHeardAnywhere(settings) ? toTell : [];
  const { include, ignore, unknownRules = [] } = settings;
  const rules = unknownRules.length === 0 ? { include, ignore } : previous.rules;
  const end = { report, startedAt, now, announced, unheard, rules };
  await updateState(locations, { id, change: (state) => nextState(state, end) });
  if (!isQuiet(previous.lastReport, report)) {
    appendLog(locations, runEntry(report, { at: new Date(startedAt).toISOString(), event: trigger }));
  }
  if (toTell.length > 0) await tell(context, { id, target, toTell, now });
  await handConflicts(context, { target, report, fresh: freshConflicts(before, report) });
  if (!isRegistered(locations, id)) removeState(locations, id);
}

type News = Pick<Remembering, 'id' | 'target'> & { readonly toTell: readonly Unheard[]; readonly now: number };

async function tell(context: EngineContext, { id, target, toTell, now }: News): Promise<void> {
  const { path, settings } = target;
  const untold = await tellAll(context, { about: path, settings, toTell, now });
  if (!isHeardAnywhere(settings)) return;
  const change = ({ unheard: _before, ...state }: RepoState): RepoState => withUnheard(state, untold);
  await updateState(context.locations, { id, change });
}

const withUnheard = (state: RepoState, unheard: readonly Unheard[]): RepoState =>
  unheard.length === 0 ? state : { ...state, unheard };

type RunEnd = {
  readonly report: RepoReport;
  readonly startedAt: number;
  readonly now: number;
  readonly announced: unknown;
  readonly unheard: readonly Unheard[];
  readonly rules: Rules | undefined;
};

function nextState(state: RepoState, { report, startedAt, now, announced, unheard, rules }: RunEnd): RepoState {
  const { nextTryAt: _try, unheard: _unheard, leftToPerson, ...rest } = state;
  const good = report.verdict === 'synced';
  const failures = good ? 0 : state.failures + 1;
  const nextTryAt = nextTry(report, { failures, now });
  const changing = report.quarantined.filter(({ reason }) => reason === 'still-changing');
  const stillChanging = Object.fromEntries(changing.map(({ path }) => [path, (state.stillChanging?.[path] ?? 0) + 1]));
  return {
    ...withUnheard(rest, unheard),
    lastRunAt: startedAt,
    lastReport: bounded(report),
    failures,
    announced,
    stillChanging,
    ...stillLeft(leftToPerson, report),
    ...(good ? { lastGoodRunAt: now } : {}),
    ...(nextTryAt === undefined ? {} : { nextTryAt }),
    ...(rules === undefined ? {} : { rules }),
  };
}

/** A run that did not get as far as bringing in what the hub has does not tell that nothing waits any more. */
function stillLeft(before: LeftToPerson | undefined, report: RepoReport): Pick<RepoState, 'leftToPerson'> {
  const { branch, integrate } = report;
  if (integrate.kind === 'paused') return { leftToPerson: { branch, integrate } };
  const isKnown = before?.branch !== branch || integrate.kind === 'skipped' || integrate.kind === 'postponed';
  return before !== undefined && isKnown ? { leftToPerson: before } : {};
}

/** The first snapshot of a large tree names every file; what is remembered of it need not. */
const bounded = (report: RepoReport): RepoReport => ({
  ...report,
  commit: { ...report.commit, changes: report.commit.changes.slice(0, MAX_REMEMBERED) },
  quarantined: report.quarantined.slice(0, MAX_REMEMBERED),
});

/** A run that changed nothing and found what the last one found is not worth a line. */
function isQuiet(last: RepoReport | undefined, report: RepoReport): boolean {
  const idle = report.commit.kind !== 'committed' && report.push.kind !== 'pushed' && report.integrate.files === 0;
  return idle && last?.verdict === report.verdict && last.why === report.why;
}
