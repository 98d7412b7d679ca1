import type { Schedule } from '../model/schedule.js';
import { hashBytes } from '../system/hash.js';
import { type CronFields, cronFields } from './cron-expression.js';

/** What an offset is computed from. */
export type OffsetRequest = {
  readonly machine: string;
  /** What names the repository here: its remote's URL, or its path. */
  readonly repo: string;
  readonly schedule: Schedule;
};

/**
 * Returns how many seconds after the schedule's own time this machine is due: always the same for the same machine,
 * repository and schedule, and for many machines spread evenly over the whole period, so that they do not all
 * call the hub in the same second.
 */
export function offsetSeconds(request: OffsetRequest): number {
  const name = JSON.stringify([request.machine, request.repo]);
  // Twelve digits are 48 bits, which a number holds exactly.
  const hash = Number.parseInt(hashBytes(name, 'sha256').slice(0, 12), 16);
  return hash % spreadSeconds(request.schedule);
}

/** Returns the second of a minute at which a machine begins its runs, 0 to 59: always the same for the same machine. */
export const startSecond = (machine: string): number =>
  Number.parseInt(hashBytes(machine, 'sha256').slice(0, 12), 16) % 60;

/**
 * Returns the seconds over which machines are spread: a period as a whole; for a cron expression the shortest time
 * between two of its slots, but at most an hour, because `0 3 * * *` means about three o'clock, not some time of day.
 */
export function spreadSeconds(schedule: Schedule): number {
  if (schedule.kind === 'every') return schedule.seconds;
  return shortestGapMinutes(cronFields(schedule.expression)) * 60;
}

/** Only gaps below an hour matter: those between minutes of one hour, and of an hour and the next one. */
function shortestGapMinutes({ minutes, hours }: CronFields): number {
  const [first = 0] = minutes;
  const followedByNextHour = hours.some((hour) => hours.includes((hour + 1) % 24));
  const later = followedByNextHour ? [...minutes.slice(1), first + 60] : minutes.slice(1);
  return Math.min(60, ...later.map((minute, index) => minute - (minutes[index] ?? 0)));
}
