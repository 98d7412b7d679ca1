import { CronExpressionParser } from 'cron-parser';
import type { Schedule, ScheduleSlot } from '../model/schedule.js';
import { type CronFields, cronFields } from './cron-expression.js';

/** What decides whether a repository is due; times are milliseconds since 1970. */
export type DueRequest = {
  readonly slot: ScheduleSlot;
  /** When the last run *began*: what was saved while it went on may have come too late for it. */
  readonly lastRun?: number | undefined;
  readonly now: number;
};

/** Tells whether a repository is due: once, however many of its slots have passed since the last run. */
export const isDue = (request: DueRequest): boolean => nextDue(request) <= request.now;

/**
 * Returns when a repository becomes due, in milliseconds since 1970; a time that has passed means that it is due.
 * One that never ran is due now, and so is one that ran in what is the future since the clock was set back.
 * A slot that the clock skips in spring comes an hour later, one that it repeats in autumn comes the first time
 * (cron-parser 5.10).
 */
export function nextDue(request: DueRequest): number {
  const { slot, lastRun, now } = request;
  if (lastRun === undefined || lastRun > now) return now;
  const offset = slot.offsetSeconds * 1000;
  return slotAfter(slot.schedule, lastRun - offset) + offset;
}

/** Returns the first time of a schedule, without any offset, that is later than the given one. */
function slotAfter(schedule: Schedule, time: number): number {
  if (schedule.kind === 'every') {
    const period = schedule.seconds * 1000;
    return (Math.floor(time / period) + 1) * period;
  }
  const expression = canonicalExpression(cronFields(schedule.expression));
  try {
    return CronExpressionParser.parse(expression, { currentDate: time }).next().getTime();
  } catch {
    return slotAtFixedZone(expression, time);
  }
}

/**
 * Returns the first time of a checked expression if local time kept its present distance from UTC. cron-parser 5.10
 * gives up ("loop limit exceeded") where summer time is half an hour (Lord Howe Island); this is at most that far off.
 */
function slotAtFixedZone(expression: string, time: number): number {
  const behindUtc = new Date(time).getTimezoneOffset() * 60_000;
  const wallClock = CronExpressionParser.parse(expression, { currentDate: time - behindUtc, tz: 'UTC' });
  return wallClock.next().getTime() + behindUtc;
}

/** Writes fields as plain lists, the one form in which cron and cron-parser agree about everything. */
function canonicalExpression(fields: CronFields): string {
  const field = (values: readonly number[], complete: number): string =>
    values.length === complete ? '*' : values.join(',');
  return [
    field(fields.minutes, 60),
    field(fields.hours, 24),
    field(fields.daysOfMonth, 31),
    field(fields.months, 12),
    field(fields.daysOfWeek, 7),
  ].join(' ');
}
