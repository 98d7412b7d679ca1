import { AutosyncError } from '../model/errors.js';
import type { SchedulerKind } from '../model/schedule.js';
import type { Locations } from '../store/locations.js';
import { platform } from '../system/environment.js';
import { createCron } from './cron.js';
import { createLaunchd } from './launchd.js';
import type { Scheduler } from './scheduler.js';
import { createSchtasks } from './schtasks.js';
import { createSystemd } from './systemd.js';

/** A person's wish: one scheduler, the first that works, or none. */
export type SchedulerWish = SchedulerKind | 'auto' | 'none';

/** The scheduler to use; with `none`, why there is none, one reason for each that was looked at, and what mends it. */
export type SchedulerChoice =
  | { readonly kind: 'chosen'; readonly scheduler: Scheduler }
  | { readonly kind: 'none'; readonly why: string; readonly mends: readonly string[] };

/** Returns every scheduler that autosync knows on an operating system, the one that it likes best first. */
export function schedulers(locations: Locations, on: NodeJS.Platform = platform): readonly Scheduler[] {
  const cron = createCron({ locations });
  switch (on) {
    case 'linux':
      return [createSystemd({ locations }), cron];
    case 'darwin':
      return [createLaunchd(), cron];
    case 'win32':
      return [createSchtasks({ locations })];
    default:
      return [cron];
  }
}

/** Finds the scheduler that a person wished for; one wished for by name that does not work is an AutosyncError. */
export async function chooseScheduler(wish: SchedulerWish, known: readonly Scheduler[]): Promise<SchedulerChoice> {
  if (wish === 'none') return { kind: 'none', why: 'none was wanted', mends: [] };
  const reasons: string[] = [];
  const mends: string[] = [];
  for (const scheduler of known) {
    if (wish !== 'auto' && wish !== scheduler.kind) continue;
    const answer = await scheduler.availability();
    if (answer.kind === 'available') return { kind: 'chosen', scheduler };
    reasons.push(`${scheduler.kind}: ${answer.why}`);
    if (answer.mend !== undefined) mends.push(answer.mend);
  }
  const why = reasons.join('; ') || 'this operating system has none of that name';
  if (wish === 'auto') return { kind: 'none', why, mends };
  throw new AutosyncError('environment', `scheduler '${wish}' cannot be used (${why})`, [
    ...mends,
    'or install with --scheduler none and call the launcher yourself',
  ]);
}
