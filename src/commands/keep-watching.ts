import { type Bell, createBell, hearOut } from '../engine/bell.js';
import { sweep } from '../engine/sweep.js';
import { type Target, targetOf } from '../engine/target.js';
import { isPaused, unattended } from '../engine/visit.js';
import { AutosyncError } from '../model/errors.js';
import type { RepoReport } from '../model/report.js';
import { nextDue } from '../scheduler/due.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { readRepo } from '../store/registry.js';
import { readState } from '../store/state.js';
import type { WatchLoss } from '../system/watch-tree.js';
import type { WorkingTreeState } from '../vcs/vcs.js';
import { slotOf } from './entry.js';
import { createEye, type Eye } from './eye.js';
import { openTree } from './targets.js';
import type { Wiring } from './wiring.js';

/** Who looks over our shoulder: whether to go on, who is told what, and when it is our turn to run. */
export type Watcher = {
  readonly isOver: () => boolean;
  /** Is handed what wakes a repository that sleeps, to be called when all is over. */
  readonly onOver: (wake: () => void) => void;
  readonly onReport: (report: RepoReport) => void;
  readonly onWatching: (target: Target) => void;
  readonly onLoss: (target: Target, loss: WatchLoss) => void;
  readonly onUninstalled: (target: Target) => void;
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
};

/** Half a minute: a run that the scheduler or a hook has begun is soon over. */
const WAIT_MS = 30_000;

/** How often the schedule, the settings and the folder are looked at: timers stand still while a machine sleeps. */
export const LOOK_MS = 30_000;

/** After so long a run is made although saves do not cease. */
const MOST_SETTLE_MS = 60_000;

/** A file that still changed, or a repository that somebody else ran, is seen to again after so long. */
const AGAIN_MS = 5_000;

/** A watch that the system refused is tried again after so long. */
const RETRY_MS = 600_000;

/** What is remembered between two runs of one repository; times are milliseconds since 1970. */
type Memory = {
  readonly head: string | undefined;
  readonly ranAt: number | undefined;
  /** When the next run is to be made whatever happens, because the last one left something. */
  readonly againAt: number | undefined;
};

/** How far a repository can be watched. */
type Sight = { readonly loss: WatchLoss['kind'] | 'none' | 'never-looked'; readonly triedAt: number };

type Post = { readonly wiring: Wiring; readonly watcher: Watcher; readonly bell: Bell; readonly eye: Eye };

/**
 * Watches one repository until all is over: a burst of saves leads to one run, saves during a run to one more, and each
 * slot of its schedule to one that brings in other machines' work. What cannot be watched is looked at instead.
 */
export async function keepWatching(wiring: Wiring, first: Target, watcher: Watcher): Promise<void> {
  const bell = createBell();
  watcher.onOver(bell.ring);
  const post = { wiring, watcher, bell, eye: createEye(wiring, first, bell.ring) };
  const { clock } = wiring.engine;
  let sight: Sight = { loss: 'never-looked', triedAt: 0 };
  let memory: Memory = { head: undefined, ranAt: undefined, againAt: clock.now() };
  try {
    while (!watcher.isOver()) {
      const target = presentTarget(wiring, first);
      if (target === undefined) {
        watcher.onUninstalled(first);
        return;
      }
      sight = await keepSight(post, target, sight);
      memory = await waitAndRun(post, target, { memory, sight });
    }
  } finally {
    await post.eye.close();
  }
}

/** Returns a repository with its settings of now; undefined when it was uninstalled meanwhile. */
function presentTarget({ locations }: Wiring, first: Target): Target | undefined {
  if (first.registered === undefined) return first;
  try {
    const repo = readRepo(locations, { id: first.registered.id, parseSchedule });
    return repo === undefined ? undefined : targetOf(repo);
  } catch (error) {
    // A file that somebody edits just now: what it said before holds until it can be read again.
    if (error instanceof AutosyncError) return first;
    throw error;
  }
}

/** Opens the watch where it is not open, and says when that has become another matter. */
async function keepSight({ wiring, watcher, bell, eye }: Post, target: Target, sight: Sight): Promise<Sight> {
  const now = wiring.engine.clock.now();
  if (eye.isOpen() || (sight.loss === 'limit' && Math.abs(now - sight.triedAt) < RETRY_MS)) return sight;
  const found = await eye.open();
  const loss = found?.kind ?? 'none';
  if (found !== undefined && loss !== sight.loss) watcher.onLoss(target, found);
  if (found === undefined && sight.loss !== 'none') watcher.onWatching(target);
  // What was saved before the watch was open rang no bell.
  if (found === undefined) bell.ring();
  return { loss, triedAt: now };
}

type Standing = { readonly memory: Memory; readonly sight: Sight };

/** Waits until there may be something to do, and does it. */
async function waitAndRun(post: Post, target: Target, { memory, sight }: Standing): Promise<Memory> {
  const { wiring, watcher, bell, eye } = post;
  const { clock } = wiring.engine;
  const quietMs = target.settings.settleSeconds * 1000;
  const limitMs = Math.min(LOOK_MS, Math.max(0, nextRunAt(wiring, target, memory) - clock.now()));
  const heard = await bell.hear(limitMs);
  if (heard === 'rang') await hearOut(bell, { quietMs, mostMs: MOST_SETTLE_MS, clock, isOver: watcher.isOver });
  // Whoever uninstalled it while we waited does not want one more run.
  const present = presentTarget(wiring, target);
  if (present === undefined || watcher.isOver() || isPausedNow(wiring, present)) return memory;
  const isDue = nextRunAt(wiring, target, memory) <= clock.now();
  const isAsked = heard === 'rang' || !(eye.isOpen() || sight.loss === 'gone');
  if (!(isDue || (isAsked && (await differs(wiring, target, memory.head))))) return memory;
  return await run(post, present);
}

/** Returns when a run is to be made although nobody saved anything. */
function nextRunAt({ locations, engine }: Wiring, target: Target, { ranAt, againAt }: Memory): number {
  const now = engine.clock.now();
  const state = target.registered === undefined ? undefined : readState(locations, target.registered.id);
  const known = [ranAt, state?.lastRunAt].filter((time) => time !== undefined);
  const lastRun = known.length === 0 ? undefined : Math.max(...known);
  const slot = nextDue({ slot: slotOf(target), lastRun, now });
  // A time more than an hour ahead was not put off by us: the clock was set back since.
  const putOff = state?.nextTryAt !== undefined && state.nextTryAt - now <= 3_600_000 ? state.nextTryAt : 0;
  return Math.min(againAt ?? Number.POSITIVE_INFINITY, Math.max(slot, putOff));
}

const isPausedNow = ({ locations, engine }: Wiring, { registered }: Target): boolean =>
  registered !== undefined && isPaused(readState(locations, registered.id), engine.clock.now());

/** Makes the usual run, in turn with the other repositories', and looks where that has led. */
async function run({ wiring, watcher }: Post, target: Target): Promise<Memory> {
  const { engine } = wiring;
  const ranAt = engine.clock.now();
  const [report] = await watcher.inTurn(() => sweep(engine, [target], unattended('hook', WAIT_MS)));
  if (report !== undefined) watcher.onReport(report);
  const againAt = report !== undefined && isUnfinished(report) ? engine.clock.now() + AGAIN_MS : undefined;
  return { head: (await look(wiring, target))?.head, ranAt, againAt };
}

/** Tells whether a run left something that the next one can do, and of which no event will tell. */
const isUnfinished = ({ blocked, quarantined, integrate, push }: RepoReport): boolean =>
  blocked?.kind === 'locked' ||
  integrate.kind === 'postponed' ||
  (push.kind === 'rejected' && push.reason === 'moved') ||
  quarantined.some(({ reason }) => reason === 'still-changing');

/** Tells whether there is anything that the last run did not see: what only ignored files, or our own run, rang for is not. */
async function differs(wiring: Wiring, target: Target, head: string | undefined): Promise<boolean> {
  const found = await look(wiring, target);
  return found === undefined || found.dirty || found.head !== head;
}

/** Looks at the working tree; undefined when that cannot be done, which a run will say. */
async function look({ locations }: Wiring, target: Target): Promise<WorkingTreeState | undefined> {
  try {
    return await (await openTree(locations, target.path, target.registered)).inspect();
  } catch {
    return undefined;
  }
}
