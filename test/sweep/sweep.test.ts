import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canCut, ERRORS } from '../support/cut.js';
import { needs } from '../support/needs.js';
import { GIT_OPERATIONS, HG_OPERATIONS } from './operations.js';
import { failuresOf, newTally, planSome, renderTally, sweep, total } from './sweep.js';
import { pretendCron } from './sweep-world.js';

/** The same calls each time, unless a seed is given; `npm run torture` leaves none out. */
const seed = Number(process.env['AUTOSYNC_TEST_SEED'] ?? 1);
const JOBS = 2;

/** Left to `npm run torture`: what else they do is done by others, too. */
const LONG = /^hg (in the way|swap|installed)$/;

/** What is swept, with how many attacks on each operation: a run under hg takes several times as long. */
const SWEPT = [
  { name: 'git', operations: GIT_OPERATIONS, attacks: 8 },
  { name: 'hg', operations: HG_OPERATIONS.filter(({ name }) => !LONG.test(name)), attacks: 2 },
] as const;

describe.each(SWEPT)('whatever happens at one of its system calls, under $name', ({ name, operations, attacks }) => {
  const isAble = canCut() && needs(name);
  const tally = newTally();
  let stopCron = (): void => undefined;

  beforeAll(async () => {
    stopCron = await pretendCron();
  });

  afterAll(() => {
    stopCron();
    if (isAble) console.log(`sweep of ${name}, seed ${seed}\n\n${renderTally(tally)}\n`);
  });

  it.skipIf(!isAble).each(operations.map((operation) => [operation.name, operation] as const))(
    '%s keeps every promise',
    async (_name, operation) => {
      await sweep(await planSome(operation, seed, attacks), tally, { jobs: JOBS });
      expect(failuresOf(tally, operation)).toEqual([]);
    },
  );

  it.skipIf(!isAble)('is no idle threat', () => {
    const errors = ERRORS.reduce((sum, error) => sum + total(tally, error), 0);
    const done = { kills: total(tally, 'kill') + total(tally, 'kill-after'), errors, saves: total(tally, 'save') };
    const all = operations.length * attacks;
    expect(done.kills).toBeGreaterThanOrEqual(all * 0.4);
    expect(done.errors).toBeGreaterThanOrEqual(all / 12);
    expect(done.saves).toBeGreaterThanOrEqual(all / 24);
    expect(total(tally, 'misread')).toBeGreaterThanOrEqual(operations.length / 2);
  });
});
