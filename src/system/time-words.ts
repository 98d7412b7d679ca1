const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** From here on a number of days says less than the date. */
const DAYS_COUNTED = 30;

/** The last moment that a calendar of JavaScript knows (ECMA-262, 21.4.1.1). */
const END_OF_TIME_MS = 8.64e15;

/** Returns a time in the form of ISO 8601, or null when there is none, or none that a calendar knows. */
export const isoTime = (time: number | undefined): string | null =>
  time === undefined || !(Math.abs(time) <= END_OF_TIME_MS) ? null : new Date(time).toISOString();

/**
 * Says how far away a time is, as a person would: `now`, `3 min ago`, `in 2 h`, `yesterday 14:02`, `3 days ago`,
 * `2026-08-01`. Times are milliseconds since 1970; days and hours of the clock are those of this machine's time zone.
 */
export function relativeTime(at: number, now: number): string {
  if (isoTime(at) === null || isoTime(now) === null) return 'at an unknown time';
  const distance = Math.abs(at - now);
  const tell = (text: string): string => (at > now ? `in ${text}` : `${text} ago`);
  if (distance < SECOND_MS) return 'now';
  if (distance < MINUTE_MS) return tell(`${Math.floor(distance / SECOND_MS)} s`);
  if (distance < HOUR_MS) return tell(`${Math.floor(distance / MINUTE_MS)} min`);
  const days = Math.abs(dayOf(at) - dayOf(now));
  if (days === 0) return tell(`${Math.floor(distance / HOUR_MS)} h`);
  if (days === 1) return `${at > now ? 'tomorrow' : 'yesterday'} ${timeOfDay(at)}`;
  return days < DAYS_COUNTED ? tell(`${days} days`) : dateOf(at);
}

/** Returns the date and the time of day of this machine's time zone, to the minute: `2026-11-20 14:02`. */
export const localTime = (at: number): string =>
  isoTime(at) === null ? 'at an unknown time' : `${dateOf(at)} ${timeOfDay(at)}`;

/** Numbers the days of the calendar: two times have the same number on the same day. */
function dayOf(at: number): number {
  const time = new Date(at);
  return Math.round(Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()) / (24 * HOUR_MS));
}

const two = (number: number): string => String(number).padStart(2, '0');

function timeOfDay(at: number): string {
  const time = new Date(at);
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}

function dateOf(at: number): string {
  const time = new Date(at);
  return `${String(time.getFullYear()).padStart(4, '0')}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}
