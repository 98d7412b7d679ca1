import { sweep } from '../engine/sweep.js';
import { type Target, targetOf } from '../engine/target.js';
import { type RunOptions, unattended } from '../engine/visit.js';
import type { MirrorOptions } from '../mirror/visit.js';
import type { Mirror, MirrorReport } from '../model/mirror.js';
import type { RegisteredRepo } from '../model/repo.js';
import type { RepoReport } from '../model/report.js';
import { isDue } from '../scheduler/due.js';
import { waitForOwnSecond } from '../scheduler/own-second.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import type { Locations } from '../store/locations.js';
import { acquireLock } from '../store/lock.js';
import { progressWriter } from '../store/progress-note.js';
import { findRepoFor } from '../store/registry.js';
import { finishRequests, readSpool, spoolLock, takeRequests } from '../store/spool.js';
import { readState } from '../store/state.js';
import { makeFolder } from '../system/files.js';
import { entryFor, slotOf } from './entry.js';
import { dueMirrors, mirrorsAskedFor, runMirrors } from './mirrors.js';
import { installedRepos } from './targets.js';
import type { Wiring } from './wiring.js';

/** Half a minute: a run that a hook asked for waits for the scheduler's, which may have looked too early. */
const WAIT_MS = 30_000;

/** How often a run that waits looks whether it is still wanted. */
const LOOK_MS = 1_000;

/** So many times the spool is emptied without a pause. */
const AT_ONCE = 20;

/** After that, by so much the pause before each time grows: what asks for itself anew must not keep the machine busy. */
const PAUSE_MS = 1_000;

/** Half an hour of pauses; a spool that never gets empty is then left to the next call. */
const MAX_DRAINS = AT_ONCE + 60;

/** The event of a request that an installation leaves. */
export const REHEARSAL = 'install';

/** What runs that nobody waits for have done: of repositories, and of mirrors. */
export type DueReports = { readonly repos: readonly RepoReport[]; readonly mirrors: readonly MirrorReport[] };

/** Runs what is due by its schedule, and then what hooks have asked for. */
export async function runDue(unwatched: Wiring): Promise<DueReports> {
  await untilOwnSecond(unwatched);
  const wiring = { ...unwatched, engine: watchedEngine(unwatched) };
  const { locations, engine } = wiring;
  const now = engine.clock.now();
  const due = installedRepos(locations).filter((repo) => isRepoDue(wiring, repo, now));
  const reports = await sweep(engine, due.map(targetOf), unattended('scheduler'));
  // The scheduler calls again soon, and does not while this goes on.
  const asked = await runSpool(wiring, AT_ONCE);
  const late = await runMirrors(wiring, dueMirrors(locations, now), mirrorOptions('scheduler'));
  return { repos: [...reports, ...asked.repos], mirrors: [...asked.mirrors, ...late] };
}

/** Tells whoever installs a repository how far its first run is: he waits for it, in another process. */
function watchedEngine({ locations, engine }: Wiring): Wiring['engine'] {
  const progress = progressWriter(locations, engine.clock);
  return progress !== undefined && isAnyInstalling(locations) ? { ...engine, progress } : engine;
}

const isAnyInstalling = ({ spool }: Locations): boolean => readSpool(spool).some(({ event }) => event === REHEARSAL);

/** Waits for this machine's own second, unless a person waits for us. */
async function untilOwnSecond(wiring: Wiring): Promise<void> {
  const { locations, engine } = wiring;
  if (isAnyInstalling(locations)) return;
  const repos = installedRepos(locations);
  const { second } = entryFor(locations, repos);
  const countDue = (at: number): number =>
    repos.filter((repo) => isRepoDue(wiring, repo, at)).length + dueMirrors(locations, at).length;
  const end = engine.clock.monotonic() + waitForOwnSecond({ now: engine.clock.now(), second, countDue });
  // Nothing of ours lives on for long after it was uninstalled.
  for (let left = end - engine.clock.monotonic(); left > 0; left = end - engine.clock.monotonic()) {
    if (installedRepos(locations).length === 0 && repos.length > 0) return;
    await engine.clock.sleep(Math.min(left, LOOK_MS));
  }
}

/** A run that is under way looks again when it has ended, so that nobody has to wait for it. */
const mirrorOptions = (trigger: MirrorOptions['trigger']): MirrorOptions => ({ trigger, verify: false, waitMs: 0 });

function isRepoDue({ locations }: Wiring, repo: RegisteredRepo, now: number): boolean {
  const { lastRunAt, nextTryAt } = readState(locations, repo.id);
  // A time more than an hour ahead was not put off by us: the clock was set back since.
  if (nextTryAt !== undefined && nextTryAt > now && nextTryAt - now <= 3_600_000) return false;
  return isDue({ slot: slotOf(repo), lastRun: lastRunAt, now });
}

/**
 * Runs every repository and mirror for which a hook left a request. One process at a time does this; it looks again after giving
 * up its lock, so that a request that came while another process was turned away is not left lying.
 */
export async function runSpool(wiring: Wiring, maxDrains: number = MAX_DRAINS): Promise<DueReports> {
  const { locations, engine } = wiring;
  const repos: RepoReport[] = [];
  const mirrors: MirrorReport[] = [];
  makeFolder(locations.spool);
  for (let drain = 0; drain < maxDrains && readSpool(locations.spool).length > 0; drain += 1) {
    const lock = acquireLock(spoolLock(locations));
    if (lock.kind === 'held') return { repos, mirrors };
    try {
      if (drain >= AT_ONCE) await engine.clock.sleep((drain - AT_ONCE + 1) * PAUSE_MS);
      const drained = await drainOnce(wiring);
      repos.push(...drained.repos);
      mirrors.push(...drained.mirrors);
    } finally {
      lock.lock.release();
    }
  }
  return { repos, mirrors };
}

async function drainOnce(wiring: Wiring): Promise<DueReports> {
  const { locations, engine } = wiring;
  const requests = takeRequests(locations.spool);
  const asked = new Map<string, Target>();
  const mirrors = new Map<string, Mirror>();
  const rung = new Set<string>();
  for (const { event, path } of requests) {
    for (const mirror of mirrorsAskedFor(locations, path)) {
      mirrors.set(mirror.name, mirror);
      if (event === 'webhook') rung.add(mirror.name);
    }
    const repo = findRepoFor(locations, { path, parseSchedule });
    if (repo !== undefined) asked.set(repo.id, targetOf(repo));
  }
  const options: RunOptions = unattended('hook', WAIT_MS);
  const reports = await sweep(engine, [...asked.values()], options);
  const mirrored: MirrorReport[] = [];
  for (const mirror of mirrors.values()) {
    const trigger = rung.has(mirror.name) ? 'webhook' : 'hook';
    mirrored.push(...(await runMirrors(wiring, [mirror], mirrorOptions(trigger))));
  }
  finishRequests(requests);
  return { repos: reports, mirrors: mirrored };
}
