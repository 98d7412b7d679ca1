import { AutosyncError, errorMessage } from '../model/errors.js';
import type { Mirror, MirrorReport } from '../model/mirror.js';
import type { Locations } from '../store/locations.js';
import { acquireLock, type Lock } from '../store/lock.js';
import { appendLog } from '../store/log.js';
import { mirrorData } from '../store/mirror-registry.js';
import { type MirrorState, readMirrorState, updateMirrorState } from '../store/mirror-state.js';
import type { Clock } from '../system/clock.js';
import { createFleeting, exists, joinPath, remove } from '../system/files.js';
import { redact } from '../system/printable.js';
import { type MirrorRun, runMirror } from './run.js';
import { type Site, siteOf } from './site.js';
import { judge } from './verdict.js';

/** What runs of mirrors need of the machine. */
export type MirrorContext = {
  readonly locations: Locations;
  readonly clock: Clock;
  readonly networkTimeoutSeconds: number;
  readonly progress?: (text: string) => void;
};

/** How a mirror is to be run. */
export type MirrorOptions = {
  readonly trigger: 'manual' | 'scheduler' | 'hook' | 'webhook';
  readonly verify: boolean;
  /** Milliseconds to wait for another run of the same mirror. */
  readonly waitMs: number;
};

const NOTHING: Pick<MirrorReport, 'exported' | 'refs' | 'leftOut' | 'verified'> = {
  exported: 0,
  refs: [],
  leftOut: [],
  verified: null,
};

/** Runs one mirror under its lock and remembers how it went; never throws. */
export async function visitMirror(
  context: MirrorContext,
  mirror: Mirror,
  options: MirrorOptions,
): Promise<MirrorReport> {
  const { clock, locations } = context;
  const [startedAt, began] = [clock.now(), clock.monotonic()];
  const before = readMirrorState(locations, mirror.name);
  const ended = await runOrFail(context, mirror, options).catch((error: unknown) => failed(error, before));
  const report: MirrorReport = {
    name: mirror.name,
    source: redact(mirror.source),
    destination: redact(mirror.destination),
    ...ended,
    durationMs: Math.round(clock.monotonic() - began),
  };
  if (report.verdict === 'skipped') return report;
  try {
    await remember(context, { report, before, startedAt, trigger: options.trigger });
    return report;
  } catch (error) {
    const why = [report.why, `how the run went could not be written down: ${errorMessage(error)}`];
    const verdict = report.verdict === 'mirrored' ? 'attention' : report.verdict;
    return { ...report, verdict, why: why.filter((part) => part !== '').join('; ') };
  }
}

type Ended = Omit<MirrorReport, 'name' | 'source' | 'destination' | 'durationMs'>;

async function runOrFail(context: MirrorContext, mirror: Mirror, options: MirrorOptions): Promise<Ended> {
  const site = siteOf({
    mirror,
    folder: mirrorData(context.locations, mirror.name),
    networkTimeoutSeconds: context.networkTimeoutSeconds,
    progress: context.progress,
  });
  // Whoever finds the lock taken leaves this behind, and whoever holds the lock looks for it when he has released it.
  const wish = joinPath(site.folder, 'wish');
  createFleeting(wish, '');
  for (let again = 0; ; again += 1) {
    const lock = await waitForLock(context.clock, site, options.waitMs);
    if (lock === undefined) return skipped(readMirrorState(context.locations, mirror.name));
    let ended: Ended;
    try {
      remove(wish);
      const before = readMirrorState(context.locations, mirror.name);
      ended = toldOf(await runMirror(site, options), before);
    } finally {
      lock.release();
    }
    if (!exists(wish) || again === MAX_AGAIN) return ended;
  }
}

/** A source to which somebody pushes all the time is left to the next call. */
const MAX_AGAIN = 5;

function toldOf(run: MirrorRun, before: MirrorState): Ended {
  const { exported, changesets, leftOut, verified } = run;
  const lag = run.lag ?? Math.max(0, changesets - before.mirrored);
  const refs = run.published.kind === 'published' ? run.published.refs : [];
  return { ...judge(run), exported, changesets, lag, refs, leftOut, verified };
}

const skipped = ({ changesets, mirrored }: MirrorState): Ended => ({
  ...NOTHING,
  verdict: 'skipped',
  why: 'another run of this mirror is under way; it will look once more when it has ended',
  changesets,
  lag: Math.max(0, changesets - mirrored),
});

function failed(error: unknown, { changesets, mirrored }: MirrorState): Ended {
  const hints = error instanceof AutosyncError ? error.hints : [];
  const why = [redact(errorMessage(error)), ...hints].join('; ');
  return { ...NOTHING, verdict: 'failed', why, changesets, lag: Math.max(0, changesets - mirrored) };
}

async function waitForLock(clock: Clock, site: Site, waitMs: number): Promise<Lock | undefined> {
  const end = clock.monotonic() + waitMs;
  for (;;) {
    const result = acquireLock(site.lockFile, clock);
    if (result.kind === 'acquired') return result.lock;
    if (clock.monotonic() >= end) return undefined;
    await clock.sleep(50 + Math.random() * 100);
  }
}

type Remembering = {
  readonly report: MirrorReport;
  readonly before: MirrorState;
  readonly startedAt: number;
  readonly trigger: MirrorOptions['trigger'];
};

async function remember(
  { locations, clock }: MirrorContext,
  { report, before, startedAt, trigger }: Remembering,
): Promise<void> {
  const { name, source, verdict, why, exported, changesets, lag, refs, leftOut, durationMs } = report;
  const now = clock.now();
  const good = verdict === 'mirrored';
  const change = ({ nextTryAt: _before, ...state }: MirrorState): MirrorState => {
    const failures = good ? 0 : state.failures + 1;
    return {
      ...state,
      lastRunAt: startedAt,
      lastVerdict: verdict,
      lastWhy: why,
      changesets,
      mirrored: changesets - lag,
      failures,
      ...(good ? { lastGoodRunAt: now } : {}),
      // A side that is merely out of reach may be back in a minute.
      ...(good || verdict === 'offline' ? {} : { nextTryAt: now + pauseMs(failures) }),
    };
  };
  await updateMirrorState(locations, { name, change });
  const quiet = refs.length === 0 && exported === 0 && before.lastVerdict === verdict && before.lastWhy === why;
  if (quiet) return;
  const facts = { event: 'mirror', mirror: name, trigger, verdict, why, exported, lag, refs, leftOut, durationMs };
  appendLog(locations, { at: new Date(startedAt).toISOString(), repo: source, ...facts });
}

const MINUTE_MS = 60_000;

const pauseMs = (failures: number): number => Math.min(60, 2 ** Math.min(failures, 10)) * MINUTE_MS;
