import { AutosyncError } from '../model/errors.js';
import type { Schedule } from '../model/schedule.js';
import { parseDuration, renderDuration } from '../store/duration.js';
import { parseCronExpression } from './cron-expression.js';

const LONGEST_SECONDS = 31 * 86_400;

const PERIOD_HINT = "a period is written like '30s', '5m', '1h30m' or '1d', from 1s to 31d";
const EXPRESSION_HINT = "for example '*/15 * * * *' (every quarter of an hour), '@daily' or 'every 5m'";

/**
 * Reads a schedule as settings hold it: a cron expression, a nickname such as `@daily`, or `every 5m`.
 * Anything else is an AutosyncError of the kind `usage` that says which part is wrong.
 */
export function parseSchedule(text: string): Schedule {
  const [whole, period = ''] = /^\s*every\s+(.*)$/is.exec(text) ?? [];
  if (whole !== undefined) return parseEvery(period);
  const fields = parseCronExpression(text);
  if (fields.kind === 'invalid') throw new AutosyncError('usage', fields.why, [EXPRESSION_HINT]);
  return { kind: 'cron', expression: text.trim().replaceAll(/[ \t]+/g, ' ') };
}

/** Reads a period such as `5m`, from 1 second to 31 days; anything else is an AutosyncError of the kind `usage`. */
export function parseEvery(text: string): Schedule {
  const period = text.trim().toLowerCase();
  const seconds = parseDuration(period);
  if (seconds === undefined) throw badPeriod(text, /^\d+$/.test(period) ? 'has no unit' : 'is not understood');
  if (seconds < 1) throw badPeriod(text, 'is shorter than 1s');
  if (seconds > LONGEST_SECONDS) throw badPeriod(text, 'is longer than 31d');
  return { kind: 'every', seconds };
}

const badPeriod = (text: string, what: string): AutosyncError =>
  new AutosyncError('usage', `period '${text.trim()}' ${what}`, [PERIOD_HINT]);

/** Returns the text of a schedule, from which {@link parseSchedule} makes the same schedule. */
export const scheduleText = (schedule: Schedule): string =>
  schedule.kind === 'cron' ? schedule.expression : `every ${renderDuration(schedule.seconds)}`;
