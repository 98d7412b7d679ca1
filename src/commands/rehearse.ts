import type { RegisteredRepo } from '../model/repo.js';
import type { RepoReport } from '../model/report.js';
import { runJob } from '../scheduler/cron-job.js';
import type { SchedulerChoice } from '../scheduler/index.js';
import type { StartResult } from '../scheduler/scheduler.js';
import { askForProgress, forgetProgress, readProgress } from '../store/progress-note.js';
import { putRequest, spoolLock } from '../store/spool.js';
import { readState } from '../store/state.js';
import { exists } from '../system/files.js';
import { quoteShell } from '../system/quote.js';
import { REHEARSAL } from './due.js';
import { entryFor } from './entry.js';
import { installedRepos } from './targets.js';
import type { Wiring } from './wiring.js';

/** How a repository's first run through the scheduler's own door went; undefined when it left no trace at all. */
export type Rehearsal = {
  readonly repo: RegisteredRepo;
  readonly report: RepoReport | undefined;
  /** What the scheduler said when it did not run the entry; empty when it did. */
  readonly refusal: string;
};

/** Half an hour: a first push of everything may take its time. */
const LIMIT_MS = 1_800_000;

/** A run that is over has left its traces; this is for a slow disk, and for a scheduler that only begins. */
const GRACE_MS = 3_000;

/** A scheduler that does not say when a run ends, and from which nothing is seen for so long, does not run anything. */
const SILENCE_MS = 60_000;

const LOOK_MS = 100;

/**
 * Makes a first run as the scheduler will: through its own door, in its own environment, and waits for the trace that
 * each repository's run leaves. What fails there would have failed unseen.
 */
export async function rehearse(
  wiring: Wiring,
  choice: SchedulerChoice,
  repos: readonly RegisteredRepo[],
): Promise<readonly Rehearsal[]> {
  const { locations, engine } = wiring;
  // A repository that ran a moment ago is not due; a request makes it so.
  for (const { path } of repos) putRequest(locations.spool, { event: REHEARSAL, path });
  const before = engine.clock.now();
  const began = await whileShowing(wiring, async () => {
    const beginning = await begin(wiring, choice);
    await untilTraced(wiring, repos, { before, began: beginning });
    return beginning;
  });
  const refusal = began.kind === 'refused' ? began.why : '';
  return repos.map((repo) => ({ repo, report: reportSince(wiring, repo, before), refusal }));
}

/** Draws the progress of the run, which is another process without a terminal, where a person watches. */
async function whileShowing<T>({ locations, engine }: Wiring, body: () => Promise<T>): Promise<T> {
  const { progress } = engine;
  if (progress === undefined) return await body();
  askForProgress(locations);
  const looking = setInterval(() => {
    const text = readProgress(locations);
    if (text !== undefined) progress(text);
  }, LOOK_MS);
  try {
    return await body();
  } finally {
    clearInterval(looking);
    forgetProgress(locations);
  }
}

async function begin({ locations }: Wiring, choice: SchedulerChoice): Promise<StartResult> {
  const entry = entryFor(locations, installedRepos(locations));
  if (choice.kind === 'chosen') return await choice.scheduler.start(entry, LIMIT_MS);
  return await runJob(`${quoteShell(locations.launcher)} snapshot --due`, { home: entry.home, limitMs: LIMIT_MS });
}

type Beginning = { readonly before: number; readonly began: StartResult };

/** Another run, the scheduler's own, may have taken our requests: while one is at work on them, it is waited for. */
async function untilTraced(
  wiring: Wiring,
  repos: readonly RegisteredRepo[],
  { before, began }: Beginning,
): Promise<void> {
  const { clock } = wiring.engine;
  const lock = spoolLock(wiring.locations);
  const patience = began.kind === 'started' ? SILENCE_MS : GRACE_MS;
  let quietSince = clock.monotonic();
  for (const limit = quietSince + LIMIT_MS; clock.monotonic() < limit; ) {
    if (repos.every((repo) => reportSince(wiring, repo, before) !== undefined)) return;
    if (exists(lock)) quietSince = clock.monotonic();
    if (clock.monotonic() - quietSince > patience) return;
    await clock.sleep(LOOK_MS);
  }
}

function reportSince({ locations }: Wiring, repo: RegisteredRepo, before: number): RepoReport | undefined {
  const { lastRunAt, lastReport } = readState(locations, repo.id);
  return lastRunAt !== undefined && lastRunAt >= before ? lastReport : undefined;
}
