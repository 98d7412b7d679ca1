import type { RegisteredRepo } from '../model/repo.js';
import type { RepoReport } from '../model/report.js';
import type { SchedulerChoice } from '../scheduler/index.js';
import { acquireLock } from '../store/lock.js';
import { putRequest } from '../store/spool.js';
import { readState } from '../store/state.js';
import { homeFolder, loginHome, userName } from '../system/environment.js';
import { exec } from '../system/exec.js';
import { isFolder } from '../system/files.js';
import { quoteShell } from '../system/quote.js';
import { spoolLock } from './due.js';
import { entryFor } from './entry.js';
import type { Wiring } from './wiring.js';

/** How a repository's first run in the scheduler's environment went; undefined when it left no trace at all. */
export type Rehearsal = { readonly repo: RegisteredRepo; readonly report: RepoReport | undefined };

/** Half an hour: a first push of everything may take its time. */
const LIMIT_MS = 1_800_000;

/** More often than this it is not others that are in the way. */
const MAX_TRIES = 3;

/**
 * Makes a first run as the scheduler will: its very command, in the environment that cron gives a job and nothing else
 * (HOME, LOGNAME, SHELL and a PATH of two folders). What fails there would have failed unseen.
 */
export async function rehearse(
  wiring: Wiring,
  choice: SchedulerChoice,
  repos: readonly RegisteredRepo[],
): Promise<readonly Rehearsal[]> {
  const { locations, engine } = wiring;
  // A repository that ran a moment ago is not due; a request makes it so.
  for (const { path } of repos) putRequest(locations.spool, { event: 'install', path });
  const before = engine.clock.now();
  const report = ({ id }: RegisteredRepo): RepoReport | undefined => {
    const { lastRunAt, lastReport } = readState(locations, id);
    return lastRunAt !== undefined && lastRunAt >= before ? lastReport : undefined;
  };
  for (let tries = 0; tries < MAX_TRIES && repos.some((repo) => report(repo) === undefined); tries += 1) {
    await untilSpoolIsFree(wiring);
    await runAsScheduled(scheduledCommand(wiring, choice));
  }
  return repos.map((repo) => ({ repo, report: report(repo) }));
}

async function runAsScheduled(command: string): Promise<void> {
  const home = loginHome() ?? homeFolder();
  await exec({
    program: '/bin/sh',
    args: ['-c', command],
    cwd: isFolder(home) ? home : '/',
    env: { HOME: home, LOGNAME: userName(), SHELL: '/bin/sh', PATH: '/usr/bin:/bin' },
    timeoutMs: LIMIT_MS,
  });
}

/** Waits for another process that is at the spool: it may have taken our request, and would be the one to serve it. */
async function untilSpoolIsFree({ locations, engine }: Wiring): Promise<void> {
  const end = engine.clock.monotonic() + LIMIT_MS;
  while (engine.clock.monotonic() < end) {
    const taken = acquireLock(spoolLock(locations));
    if (taken.kind !== 'held') return taken.lock.release();
    await engine.clock.sleep(200);
  }
}

function scheduledCommand({ locations }: Wiring, choice: SchedulerChoice): string {
  if (choice.kind === 'chosen') return choice.scheduler.shellCommand(entryFor(locations, []));
  return `${quoteShell(locations.launcher)} snapshot --due`;
}
