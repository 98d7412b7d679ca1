import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CronFields, cronFields, parseCronExpression } from '../../../src/scheduler/cron-expression.js';
import { cronExpressions } from '../../support/schedules.js';

function why(expression: string): string {
  const parsed = parseCronExpression(expression);
  if (parsed.kind === 'valid') throw new Error(`'${expression}' was taken as ${JSON.stringify(parsed.value)}`);
  return parsed.why;
}

const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const EVERY: CronFields = {
  minutes: numbers(0, 59),
  hours: numbers(0, 23),
  daysOfMonth: numbers(1, 31),
  months: numbers(1, 12),
  daysOfWeek: numbers(0, 6),
};

describe('a cron expression is read', () => {
  it.each<[string, Partial<CronFields>]>([
    ['* * * * *', {}],
    ['  *\t* * * *  ', {}],
    ['*/15 * * * *', { minutes: [0, 15, 30, 45] }],
    ['7-59/20,3 * * * *', { minutes: [3, 7, 27, 47] }],
    ['05 09-11 * * *', { minutes: [5], hours: [9, 10, 11] }],
    ['0 0 1 JAN-Mar,dec *', { minutes: [0], hours: [0], daysOfMonth: [1], months: [1, 2, 3, 12] }],
    ['0 0 * * mon-fri', { minutes: [0], hours: [0], daysOfWeek: [1, 2, 3, 4, 5] }],
    ['0 0 * * 7', { minutes: [0], hours: [0], daysOfWeek: [0] }],
    ['0 0 * * 5-7', { minutes: [0], hours: [0], daysOfWeek: [0, 5, 6] }],
    ['0 0 */2 * *', { minutes: [0], hours: [0], daysOfMonth: numbers(0, 15).map((n) => 2 * n + 1) }],
    ['0 0 29 2 *', { minutes: [0], hours: [0], daysOfMonth: [29], months: [2] }],
    ['0 0 13 * fri', { minutes: [0], hours: [0], daysOfMonth: [13], daysOfWeek: [5] }],
    ['0 0 */1 * 1', { minutes: [0], hours: [0], daysOfWeek: [1] }],
    ['0 0 1-31 * 1', { minutes: [0], hours: [0] }],
    ['@hourly', { minutes: [0] }],
    ['@Daily', { minutes: [0], hours: [0] }],
    ['@midnight', { minutes: [0], hours: [0] }],
    ['@weekly', { minutes: [0], hours: [0], daysOfWeek: [0] }],
    ['@monthly', { minutes: [0], hours: [0], daysOfMonth: [1] }],
    ['@yearly', { minutes: [0], hours: [0], daysOfMonth: [1], months: [1] }],
    ['@annually', { minutes: [0], hours: [0], daysOfMonth: [1], months: [1] }],
  ])('%s', (expression, fields) => {
    expect(parseCronExpression(expression)).toEqual({ kind: 'valid', value: { ...EVERY, ...fields } });
  });
});

describe('a cron expression is refused with the field, the value and what is allowed', () => {
  it.each([
    ['60 * * * *', "field 1 (minute) '60' is not in 0-59"],
    ['* 25 * * *', "field 2 (hour) '25' is not in 0-23"],
    ['* * 0 * *', "field 3 (day of month) '0' is not in 1-31"],
    ['* * L * *', "field 3 (day of month) 'L' is not in 1-31"],
    ['* * * 13 *', "field 4 (month) '13' is not in 1-12 or jan-dec"],
    ['* * * january *', "field 4 (month) 'january' is not in 1-12 or jan-dec"],
    ['* * * mon *', "field 4 (month) 'mon' is not in 1-12 or jan-dec"],
    ['* * * * 8', "field 5 (day of week) '8' is not in 0-7 or sun-sat"],
    ['* * * * 5#2', "field 5 (day of week) '5#2' is not in 0-7 or sun-sat"],
    ['? * * * *', "field 1 (minute) '?' is not in 0-59"],
    ['1,,2 * * * *', "field 1 (minute) '' is not in 0-59"],
    ['-5 * * * *', "field 1 (minute) '-5' is not in 0-59"],
    ['*-5 * * * *', "field 1 (minute) '*-5' is not in 0-59"],
    ['5-* * * * *', "field 1 (minute) '5-*' is not in 0-59"],
    ['1.5 * * * *', "field 1 (minute) '1.5' is not in 0-59"],
    ['1-2-3 * * * *', "field 1 (minute) '1-2-3' is not understood"],
    ['*/5/5 * * * *', "field 1 (minute) '*/5/5' is not understood"],
    ['* 22-2 * * *', "field 2 (hour) '22-2' runs backwards; write it as two ranges"],
    ['*/0 * * * *', "field 1 (minute) '*/0' has a step that is not in 1-59"],
    ['*/90 * * * *', "field 1 (minute) '*/90' has a step that is not in 1-59"],
    ['*/ * * * *', "field 1 (minute) '*/' has a step that is not in 1-59"],
    ['5/10 * * * *', "field 1 (minute) '5/10' has a step but no range; write '5-59/10'"],
    ['0 0 30 feb *', "field 3 (day of month) '30' never comes in field 4 (month) 'feb'"],
    ['0 0 31 4,6,9,11 *', "field 3 (day of month) '31' never comes in field 4 (month) '4,6,9,11'"],
    ['@reboot', "'@reboot' is not a time; what was missed while the machine was off is made up for anyway"],
    ['@fortnightly', "'@fortnightly' is not one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually"],
    ['', "'' has 0 fields instead of 5 (minute, hour, day of month, month, day of week)"],
    ['5', "'5' has 1 field instead of 5 (minute, hour, day of month, month, day of week)"],
    ['* * * *', "'* * * *' has 4 fields instead of 5 (minute, hour, day of month, month, day of week)"],
  ])('%s', (expression, expected) => {
    expect(why(expression)).toBe(expected);
  });

  it('tells someone who writes seconds where they belong', () => {
    expect(why('0 * * * * *')).toMatch(
      /^'0 \* \* \* \* \*' has 6 fields instead of 5 .*no seconds in cron, use a period/,
    );
  });

  it('does not repeat characters that could steer a terminal', () => {
    for (const text of ['* * * * *\n', '\u001b[31m * * * *', '* * * * *\u0000', '٣ * * * *']) {
      expect(why(text)).toBe('a cron expression has letters, digits, blanks and * , - / only');
    }
  });
});

describe('a step on a star beside another restricted field of days', () => {
  it.each([
    ['0 0 */2 * 1', "write '1-31/2' for either"],
    ['0 0 */2 * 1-7', "write '1-31/2' for either"],
    ['0 0 13 * */2', "write '0-6/2' for either"],
    ['0 0 */2 * */2', "write '1-31/2' for either"],
  ])('%s is refused, because crons differ about it', (expression, advice) => {
    expect(why(expression)).toContain('means days that match both to some crons and either to others');
    expect(why(expression)).toContain(advice);
    expect(parseCronExpression(expression.replace('*/2', '1-6/2').replace('*/2', '1-6/2')).kind).toBe('valid');
  });
});

it('every field of an accepted expression has values, ascending and once each', () => {
  fc.assert(
    fc.property(cronExpressions, (expression) => {
      for (const values of Object.values(cronFields(expression))) {
        expect(values.length).toBeGreaterThan(0);
        expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
      }
    }),
  );
});

it('no text makes the parser throw, and every refusal has words', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-*,/0-9a-z@ ]{0,24}$/)), (text) => {
      const parsed = parseCronExpression(text);
      if (parsed.kind === 'invalid') expect(parsed.why).not.toBe('');
    }),
  );
});

it('an expression that was never checked is a bug', () => {
  expect(() => cronFields('* * *')).toThrow(/never checked/);
});
