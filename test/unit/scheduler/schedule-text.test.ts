import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AutosyncError } from '../../../src/model/errors.js';
import { parseEvery, parseSchedule, scheduleText } from '../../../src/scheduler/schedule-text.js';
import { cronExpressions } from '../../support/schedules.js';

function refusal(parse: (text: string) => unknown, text: string): AutosyncError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof AutosyncError) return error;
    throw error;
  }
  throw new Error(`'${text}' was taken`);
}

describe('a period', () => {
  it.each([
    ['1s', 1],
    ['30s', 30],
    ['5m', 300],
    [' 5M ', 300],
    ['2h', 7_200],
    ['1h30m', 5_400],
    ['1d', 86_400],
    ['31d', 2_678_400],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseEvery(text)).toEqual({ kind: 'every', seconds });
  });

  it.each([
    ['5', "period '5' has no unit"],
    ['', "period '' is not understood"],
    ['0s', "period '0s' is shorter than 1s"],
    ['32d', "period '32d' is longer than 31d"],
    ['-5m', "period '-5m' is not understood"],
    ['1.5h', "period '1.5h' is not understood"],
    ['5 parsecs', "period '5 parsecs' is not understood"],
    [`${'9'.repeat(400)}d`, `period '${'9'.repeat(400)}d' is not understood`],
  ])('%s is refused in words', (text, message) => {
    const error = refusal(parseEvery, text);
    expect(error).toMatchObject({ kind: 'usage', message });
    expect(error.hints).toEqual([expect.stringContaining("'5m'")]);
  });
});

describe('a schedule as text', () => {
  it('is a cron expression, its blanks made single', () => {
    expect(parseSchedule(' */5  *\t* * * ')).toEqual({ kind: 'cron', expression: '*/5 * * * *' });
    expect(parseSchedule('@daily')).toEqual({ kind: 'cron', expression: '@daily' });
  });

  it('is a period after the word every', () => {
    expect(parseSchedule('every 5m')).toEqual({ kind: 'every', seconds: 300 });
    expect(parseSchedule('Every  1d')).toEqual({ kind: 'every', seconds: 86_400 });
  });

  it('is refused as a usage error that says what is wrong', () => {
    expect(refusal(parseSchedule, '* 25 * * *')).toMatchObject({
      kind: 'usage',
      message: "field 2 (hour) '25' is not in 0-23",
      hints: [expect.stringContaining("'@daily'")],
    });
    expect(refusal(parseSchedule, 'every now and then').message).toBe("period 'now and then' is not understood");
    expect(refusal(parseSchedule, '5m').message).toMatch(/^'5m' has 1 field instead of 5/);
  });

  it('comes back from its text unchanged', () => {
    const periods = fc.integer({ min: 1, max: 2_678_400 }).map((seconds) => ({ kind: 'every' as const, seconds }));
    const expressions = cronExpressions.map((expression) => ({ kind: 'cron' as const, expression }));
    fc.assert(
      fc.property(fc.oneof(periods, expressions), (schedule) => {
        expect(parseSchedule(scheduleText(schedule))).toEqual(schedule);
      }),
    );
  });
});
