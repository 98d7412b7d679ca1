import fc from 'fast-check';
import { parseCronExpression } from '../../src/scheduler/cron-expression.js';

/** A field of a cron expression: `*`, steps, values, ranges and lists of them. */
function field(low: number, high: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: low, max: high });
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const step = fc.integer({ min: 1, max: Math.max(1, high) });
  const item = fc.oneof(
    value.map(String),
    range,
    fc.tuple(range, step).map(([span, by]) => `${span}/${by}`),
    step.map((by) => `*/${by}`),
  );
  return fc.oneof(
    fc.constant('*'),
    fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(',')),
  );
}

/** Cron expressions of five fields that autosync takes. */
export const cronExpressions: fc.Arbitrary<string> = fc
  .tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7))
  .map((fields) => fields.join(' '))
  .filter((expression) => parseCronExpression(expression).kind === 'valid');

/** Cron expressions that come every day, so that a day or two of stepping sees them. */
export const dailyExpressions: fc.Arbitrary<string> = fc
  .tuple(field(0, 59), field(0, 23))
  .map((fields) => `${fields.join(' ')} * * *`);
