import type { Moment } from '../vcs/versions.js';

/** What a person's words for a time or a version come to. */
export type When = Moment | { readonly kind: 'wrong'; readonly why: string };

/** What may be typed, to follow the word "expected". */
export const WHEN_FORMS =
  "a time like '2026-11-20', '2026-11-20 10:30', '10:30', 'yesterday', 'yesterday 18:00' or '2 days ago', or a version's id";

/** Fewer digits would be a number that somebody mistyped. */
const REVISION = /^[0-9a-f]{7,64}$/;

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:(?:t| +)(.+))?$/;
const DAY = /^(today|yesterday)(?: +(?:at +)?(.+))?$/;
const CLOCK = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?$/;
const ZONE = /^(.+?) ?(z|[+-]\d\d:?\d\d)$/;
const AGO = /^(\d{1,6}|an?) *([a-z]+)(?: +ago)?$/;

/**
 * Reads a person's words for a time in the past, local unless a zone is named, or for a version:
 *
 *     <id> | now | <YYYY-MM-DD>[(T| )<clock>[<zone>]] | (today|yesterday)[ <clock>] | <clock> | <number> <unit>[ ago]
 *
 * A day without a clock is its end, as it was left; a clock without a day is the last time that it was so late.
 */
export function parseWhen(typed: string, now: number): When {
  const text = typed.trim().toLowerCase();
  if (text === 'now') return { kind: 'time', at: now };
  if (REVISION.test(text)) return { kind: 'revision', id: text };
  const found = parseDate(text) ?? parseDay(text, now) ?? parseClockAlone(text, now) ?? parseAgo(text, now);
  if (found === undefined || Number.isNaN(found.at)) return { kind: 'wrong', why: 'says no time' };
  // The day that is not over yet ends now.
  const at = found.isWholeDay && found.at > now && startOfDay(found.at) <= now ? now : found.at;
  return at > now ? { kind: 'wrong', why: 'lies in the future' } : { kind: 'time', at };
}

type Found = { readonly at: number; readonly isWholeDay: boolean };
type Clock = { readonly hour: number; readonly minute: number; readonly second: number };

function parseDate(text: string): Found | undefined {
  const [, year, month, day, rest] = DATE.exec(text) ?? [];
  if (year === undefined) return undefined;
  const date = [Number(year), Number(month), Number(day)] as const;
  if (!isCalendarDay(...date)) return undefined;
  if (rest === undefined) return endOf(...date);
  const [, zoned, zone] = ZONE.exec(rest) ?? [];
  const clock = parseClock(zoned ?? rest);
  if (clock === undefined) return undefined;
  if (zone === undefined) return { at: local(date, clock), isWholeDay: false };
  const offset = zone === 'z' ? 0 : Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)));
  const { hour, minute, second } = clock;
  return { at: Date.UTC(date[0], date[1] - 1, date[2], hour, minute - offset, second), isWholeDay: false };
}

function parseDay(text: string, now: number): Found | undefined {
  const [, word, rest] = DAY.exec(text) ?? [];
  if (word === undefined) return undefined;
  const date = dayBefore(now, word === 'yesterday' ? 1 : 0);
  if (rest === undefined) return endOf(...date);
  const clock = parseClock(rest);
  return clock && { at: local(date, clock), isWholeDay: false };
}

function parseClockAlone(text: string, now: number): Found | undefined {
  const clock = parseClock(text);
  if (clock === undefined) return undefined;
  const today = local(dayBefore(now, 0), clock);
  return { at: today <= now ? today : local(dayBefore(now, 1), clock), isWholeDay: false };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How far back one of each is; what is no fixed time goes by the calendar. */
const UNITS: readonly (readonly [RegExp, (date: Date, count: number) => void])[] = [
  [/^(s|secs?|seconds?)$/, (date, count) => date.setTime(date.getTime() - count * 1000)],
  [/^(m|mins?|minutes?)$/, (date, count) => date.setTime(date.getTime() - count * MINUTE_MS)],
  [/^(h|hours?)$/, (date, count) => date.setTime(date.getTime() - count * HOUR_MS)],
  [/^(d|days?)$/, (date, count) => date.setDate(date.getDate() - count)],
  [/^(w|weeks?)$/, (date, count) => date.setDate(date.getDate() - 7 * count)],
  [/^months?$/, (date, count) => goBackMonths(date, count)],
  [/^(y|years?)$/, (date, count) => goBackMonths(date, 12 * count)],
];

function parseAgo(text: string, now: number): Found | undefined {
  const [, number = '', unit = ''] = AGO.exec(text) ?? [];
  const goBack = UNITS.find(([name]) => name.test(unit))?.[1];
  if (goBack === undefined) return undefined;
  const date = new Date(now);
  goBack(date, /^an?$/.test(number) ? 1 : Number(number));
  return { at: date.getTime(), isWholeDay: false };
}

/** A month that has no such day ends earlier: a month before the 31st of March is the end of February. */
function goBackMonths(date: Date, count: number): void {
  const day = date.getDate();
  date.setMonth(date.getMonth() - count);
  if (date.getDate() !== day) date.setDate(0);
}

function parseClock(text: string): Clock | undefined {
  const found = CLOCK.exec(text);
  if (found === null) return undefined;
  const [hour = 0, minute = 0, second = 0] = found.slice(1).map((part) => Number(part ?? 0));
  return hour > 23 || minute > 59 || second > 59 ? undefined : { hour, minute, second };
}

type CalendarDay = readonly [year: number, month: number, day: number];

function isCalendarDay(year: number, month: number, day: number): boolean {
  const date = new Date(year, month - 1, day, 12);
  return date.getFullYear() === year && date.getMonth() === month - 1 && date.getDate() === day;
}

function dayBefore(now: number, days: number): CalendarDay {
  const date = new Date(now);
  date.setDate(date.getDate() - days);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()];
}

const local = ([year, month, day]: CalendarDay, { hour, minute, second }: Clock): number =>
  new Date(year, month - 1, day, hour, minute, second).getTime();

const endOf = (...[year, month, day]: CalendarDay): Found => ({
  at: new Date(year, month - 1, day + 1).getTime() - 1,
  isWholeDay: true,
});

const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0);
