import type { RegisteredRepo } from '../model/repo.js';
import type { ScheduleSlot } from '../model/schedule.js';
import { offsetSeconds } from '../scheduler/offset.js';
import type { Scheduler, SchedulerEntry } from '../scheduler/scheduler.js';
import type { Locations } from '../store/locations.js';
import { homeFolder } from '../system/environment.js';
import { mirrorSlots } from './mirrors.js';

/** Returns when a repository is due on this machine. */
export function slotOf({ path, settings }: Pick<RegisteredRepo, 'path' | 'settings'>): ScheduleSlot {
  const { schedule, machine } = settings;
  return { schedule, offsetSeconds: offsetSeconds({ machine, repo: path, schedule }) };
}

/** Returns the one entry of this user: when any of his repositories and mirrors can be due. */
export const entryFor = (
  places: Locations,
  repos: readonly Pick<RegisteredRepo, 'path' | 'settings'>[],
): SchedulerEntry => ({
  launcher: places.launcher,
  home: homeFolder(),
  slots: [...repos.map(slotOf), ...mirrorSlots(places)],
});

/** Returns the scheduler that has our entry, if any. */
export async function presentScheduler(
  schedulers: readonly Scheduler[],
  entry: SchedulerEntry,
): Promise<Scheduler | undefined> {
  for (const scheduler of schedulers) {
    const { kind } = await scheduler.state(entry);
    if (kind === 'present' || kind === 'different') return scheduler;
  }
  return undefined;
}

/** Brings the entry up to date after a schedule or the list of repositories has changed; the last one takes it along. */
export async function refreshEntry(
  schedulers: readonly Scheduler[],
  places: Locations,
  repos: readonly RegisteredRepo[],
): Promise<void> {
  const entry = entryFor(places, repos);
  const present = await presentScheduler(schedulers, entry);
  if (present === undefined) return;
  if (entry.slots.length === 0) await present.uninstall();
  else await present.install(entry);
}
