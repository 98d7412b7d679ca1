import type { RegisteredRepo } from '../model/repo.js';
import type { ScheduleSlot } from '../model/schedule.js';
import { chooseScheduler, type SchedulerChoice, type SchedulerWish } from '../scheduler/index.js';
import { offsetSeconds, startSecond } from '../scheduler/offset.js';
import type { Scheduler, SchedulerEntry } from '../scheduler/scheduler.js';
import type { Locations } from '../store/locations.js';
import { forgetNoScheduler, rememberNoScheduler } from '../store/no-scheduler.js';
import { homeFolder } from '../system/environment.js';
import { mirrorSlots } from './mirrors.js';
import { unreadableRegistrations } from './unreadable.js';

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
  second: startSecond(repos[0]?.settings.machine ?? ''),
});

/** Returns the schedulers that have our entry; more than one only after somebody has put one back by hand. */
export async function presentSchedulers(
  schedulers: readonly Scheduler[],
  entry: SchedulerEntry,
): Promise<readonly Scheduler[]> {
  const present: Scheduler[] = [];
  for (const scheduler of schedulers) {
    const { kind } = await scheduler.state(entry);
    if (kind === 'present' || kind === 'different') present.push(scheduler);
  }
  return present;
}

/** Returns the scheduler that has our entry, if any. */
export const presentScheduler = async (
  schedulers: readonly Scheduler[],
  entry: SchedulerEntry,
): Promise<Scheduler | undefined> => (await presentSchedulers(schedulers, entry))[0];

/** Finds the scheduler for a wish; with `auto` the one that has our entry stays, as long as it works. */
export async function findScheduler(
  wish: SchedulerWish,
  schedulers: readonly Scheduler[],
  entry: SchedulerEntry,
): Promise<SchedulerChoice> {
  const present = await presentScheduler(schedulers, entry);
  const others = schedulers.filter((scheduler) => scheduler !== present);
  return await chooseScheduler(wish, present === undefined ? others : [present, ...others]);
}

/** Remembers whether a person wished for no scheduler at all, so that none is put in place for him. */
export function rememberWish(places: Locations, wish: SchedulerWish): void {
  if (wish === 'none') rememberNoScheduler(places);
  else forgetNoScheduler(places);
}

/** Puts things back as they were before a step; what cannot be put back is left. */
export type Undo = () => Promise<void>;

/**
 * Puts the entry into the chosen scheduler and takes it out of every other. When one of them fails, all have again what
 * they had; what is returned does the same later.
 */
export async function moveEntry(
  schedulers: readonly Scheduler[],
  chosen: Scheduler | undefined,
  entries: { readonly before: SchedulerEntry; readonly after: SchedulerEntry },
): Promise<Undo> {
  const previous = await presentScheduler(schedulers, entries.before);
  const undo: Undo = async () => {
    await previous?.install(entries.before).catch(() => undefined);
    if (chosen !== undefined && chosen !== previous) await chosen.uninstall().catch(() => undefined);
  };
  try {
    await chosen?.install(entries.after);
    for (const scheduler of schedulers) {
      if (scheduler !== chosen && (await presentScheduler([scheduler], entries.after)) !== undefined) {
        await scheduler.uninstall();
      }
    }
  } catch (error) {
    await undo();
    throw error;
  }
  return undo;
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
  if (entry.slots.length > 0) await present.install(entry);
  else if (unreadableRegistrations(places).length === 0) await present.uninstall();
}
