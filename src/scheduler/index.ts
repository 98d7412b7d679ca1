import { AutosyncError } from '../model/errors.js';
import type { SchedulerKind } from '../model/schedule.js';
import { type CronWorld, createCron } from './cron.js';
import type { Scheduler } from './scheduler.js';

/** A person's wish: one scheduler, the first that works, or none. */
export type SchedulerWish = SchedulerKind | 'auto' | 'none';

/** The scheduler to use; with `none`, why there is none, one reason for each that was looked at. */
export type SchedulerChoice =
  | { readonly kind: 'chosen'; readonly scheduler: Scheduler }
  | { readonly kind: 'none'; readonly why: string };

/** Returns every scheduler that autosync knows, the one that it likes best first. */
export const schedulers = (locations: CronWorld['locations']): readonly Scheduler[] => [createCron({ locations })];

/** Finds the scheduler that a person wished for; one wished for by name that does not work is an AutosyncError. */
export async function chooseScheduler(wish: SchedulerWish, known: readonly Scheduler[]): Promise<SchedulerChoice> {
  if (wish === 'none') return { kind: 'none', why: 'none was wanted' };
  const reasons: string[] = [];
  for (const scheduler of known) {
    if (wish !== 'auto' && wish !== scheduler.kind) continue;
    const answer = await scheduler.availability();
    if (answer.kind === 'available') return { kind: 'chosen', scheduler };
    reasons.push(`${scheduler.kind}: ${answer.why}`);
  }
  const why = reasons.join('; ');
  if (wish === 'auto') return { kind: 'none', why };
  throw new AutosyncError('environment', `scheduler '${wish}' cannot be used (${why})`, [
    'mend that, or install with --scheduler none and call the launcher yourself',
  ]);
}
