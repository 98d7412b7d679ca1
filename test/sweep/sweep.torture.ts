import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canCut } from '../support/cut.js';
import { needs } from '../support/needs.js';
import { OPERATIONS } from './operations.js';
import { CLASSES, newTally, planAll, planNamed, renderTally, sweep } from './sweep.js';
import { pretendCron } from './sweep-world.js';

/** A round of the plan takes every so many calls. */
const STRIDE = 41;

const { env } = process;
const minutes = Number(env['AUTOSYNC_TEST_TORTURE']);
const seed = Number(env['AUTOSYNC_TEST_SEED']);
const jobs = Number(env['AUTOSYNC_TEST_JOBS'] ?? 1);
const wanted = OPERATIONS.filter(({ name, vcs }) => {
  const isNamed = [name, name.replace(/^hg /, '')].includes(env['AUTOSYNC_TEST_OPERATION'] ?? name);
  return isNamed && (env['AUTOSYNC_TEST_VCS'] ?? vcs.name) === vcs.name && needs(vcs.name);
});
const repeat = env['AUTOSYNC_TEST_REPEAT'] ?? '';
const only = CLASSES.find((one) => one === env['AUTOSYNC_TEST_KIND']);

describe.skipIf(!canCut())('every operation', () => {
  let stopCron = (): void => undefined;
  beforeAll(async () => {
    stopCron = await pretendCron();
  });
  afterAll(() => stopCron());

  it('keeps its promises whatever is done at any of its calls', async () => {
    const tally = newTally();
    const until = Date.now() + minutes * 60_000;
    const planned = repeat === '' ? await planAll(wanted, { seed, stride: STRIDE, only }) : [planNamed(repeat)];
    // The sum of all so far: what one looks at while hours go by.
    const progress = setInterval(() => console.error(renderTally(tally).split('\n').at(-1)), 60_000);
    await sweep(planned, tally, { jobs, until, onFailure: (words) => console.error(words) });
    clearInterval(progress);
    const report = [`sweep, seed ${seed}: ${planned.length} attacks in the plan`, '', renderTally(tally), ''];
    appendFileSync(env['AUTOSYNC_TEST_REPORT'] ?? '/dev/stdout', `${report.join('\n')}\n`);
    expect([...tally.operations.values()].some(({ attacks }) => attacks > 0)).toBe(true);
    expect(tally.failures).toEqual([]);
  });
});
