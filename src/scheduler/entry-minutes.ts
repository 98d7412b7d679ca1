import type { ScheduleSlot } from '../model/schedule.js';
import { cronFields } from './cron-expression.js';

/** What the minutes of the operating system's entry follow from. */
export type EntryMinutesRequest = {
  readonly slots: readonly ScheduleSlot[];
  /** Minutes that local time is ahead of UTC: periods are counted in UTC, an entry's minutes are local. */
  readonly zoneMinutes: number;
  /** The second of a minute at which a run begins; where the operating system knows none, it waits for it. */
  readonly second?: number;
};

/**
 * Returns the minutes of every hour, ascending, at which the entry must call autosync so that each slot is looked at
 * within a minute; none when there is no slot. What it calls too often, the due gate (`due.ts`) turns away.
 */
export function entryMinutes(request: EntryMinutesRequest): readonly number[] {
  const minutes = request.slots.flatMap((slot) => slotMinutes(slot, request));
  return [...new Set(minutes)].sort((a, b) => a - b);
}

type LocalRequest = Required<Pick<EntryMinutesRequest, 'slots' | 'second'>>;

/**
 * Returns the minutes for an entry in this machine's time zone that stay right all the year: summer time may be
 * half an hour (Lord Howe Island). The time is in milliseconds since 1970.
 */
export function localEntryMinutes({ slots, second }: LocalRequest, now: number): readonly number[] {
  const months = Array.from({ length: 12 }, (_, month) => new Date(now + month * 30 * 86_400_000));
  const zones = new Set(months.map((date) => -date.getTimezoneOffset()));
  const minutes = [...zones].flatMap((zoneMinutes) => entryMinutes({ slots, zoneMinutes, second }));
  return [...new Set(minutes)].sort((a, b) => a - b);
}

function slotMinutes(
  { schedule, offsetSeconds }: ScheduleSlot,
  { zoneMinutes, second = 0 }: EntryMinutesRequest,
): readonly number[] {
  if (schedule.kind === 'cron') {
    return cronFields(schedule.expression).minutes.map((minute) => minuteFrom(minute * 60 + offsetSeconds - second));
  }
  // Over the hours a period comes to every multiple of what it has in common with the hour.
  const step = greatestCommonDivisor(schedule.seconds, 3_600);
  const times = Array.from({ length: 3_600 / step }, (_, index) => index * step);
  return times.map((time) => minuteFrom(time + offsetSeconds + zoneMinutes * 60 - second));
}

/** Returns the first minute of an hour that is not before a time, given in seconds. */
const minuteFrom = (seconds: number): number => ((Math.ceil(seconds / 60) % 60) + 60) % 60;

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** Writes minutes as the first field of a cron expression, in its shortest usual form: `*`, `2-59/5`, `0,10-14`. */
export function minuteField(minutes: readonly number[]): string {
  const [first = 0, second = first, third] = minutes;
  const step = second - first;
  const even = minutes.every((minute, index) => minute === first + index * step);
  const last = minutes.at(-1) ?? first;
  if (!even || third === undefined) return minuteList(minutes);
  const wholeHour = first < step && last + step > 59;
  if (wholeHour && first === 0) return step === 1 ? '*' : `*/${step}`;
  const span = `${first}-${wholeHour ? 59 : last}`;
  return step === 1 ? span : `${span}/${step}`;
}

/** Writes minutes as a list in which three or more neighbours are a range. */
function minuteList(minutes: readonly number[]): string {
  const runs: { from: number; to: number }[] = [];
  for (const minute of minutes) {
    const run = runs.at(-1);
    if (run !== undefined && run.to === minute - 1) run.to = minute;
    else runs.push({ from: minute, to: minute });
  }
  return runs
    .map(({ from, to }) => (to - from > 1 ? `${from}-${to}` : from === to ? `${from}` : `${from},${to}`))
    .join(',');
}
