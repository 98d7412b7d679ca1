import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canCut, ERRORS } from '../support/cut.js';
import { OPERATIONS } from './operations.js';
import { failuresOf, newTally, planSome, renderTally, sweep, total } from './sweep.js';
import { pretendCron } from './sweep-world.js';

/** The same calls each time, unless a seed is given; `npm run torture` leaves none out. */
const seed = Number(process.env['AUTOSYNC_TEST_SEED'] ?? 1);
/** On each operation. */
const ATTACKS = 8;
const JOBS = 2;

describe.skipIf(!canCut())('whatever happens at one of its system calls', () => {
  const tally = newTally();
  let stopCron = (): void => undefined;

  beforeAll(async () => {
    stopCron = await pretendCron();
  });

  afterAll(() => {
    stopCron();
    console.log(`sweep, seed ${seed}\n\n${renderTally(tally)}\n`);
  });

  it.each(OPERATIONS.map((operation) => [operation.name, operation] as const))(
    '%s keeps every promise',
    async (_name, operation) => {
      await sweep(await planSome(operation, seed, ATTACKS), tally, { jobs: JOBS });
      expect(failuresOf(tally, operation)).toEqual([]);
    },
  );

  it('is no idle threat', () => {
    const errors = ERRORS.reduce((sum, error) => sum + total(tally, error), 0);
    const done = { kills: total(tally, 'kill') + total(tally, 'kill-after'), errors, saves: total(tally, 'save') };
    const all = OPERATIONS.length * ATTACKS;
    expect(done.kills).toBeGreaterThanOrEqual(all * 0.4);
    expect(done.errors).toBeGreaterThanOrEqual(all / 12);
    expect(done.saves).toBeGreaterThanOrEqual(all / 24);
  });
});
