import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Schedule } from '../../../src/model/schedule.js';
import { nextDue } from '../../../src/scheduler/due.js';
import { offsetSeconds, spreadSeconds } from '../../../src/scheduler/offset.js';
import { cronExpressions, dailyExpressions } from '../../support/schedules.js';

const cron = (expression: string): Schedule => ({ kind: 'cron', expression });
const every = (seconds: number): Schedule => ({ kind: 'every', seconds });

/** The shortest time in seconds between two of the next slots. */
function shortestGap(schedule: Schedule): number {
  let time = Date.parse('2026-01-01T00:00:00Z');
  let gap = Number.POSITIVE_INFINITY;
  for (let count = 0; count < 200; count += 1) {
    const next = nextDue({ slot: { schedule, offsetSeconds: 0 }, lastRun: time, now: time });
    if (count > 0) gap = Math.min(gap, (next - time) / 1000);
    time = next;
  }
  return gap;
}

describe('the time over which machines are spread', () => {
  it.each([
    ['*/15 * * * *', 900],
    ['* * * * *', 60],
    ['@hourly', 3_600],
    ['0 3 * * *', 3_600],
    ['0 0 1 1 *', 3_600],
    ['0,50 * * * *', 600],
    ['55,5 9 * * *', 3_000],
    ['30,50 9,14 * * *', 1_200],
    ['0,40 23,0 * * *', 1_200],
  ])('of %s is %d seconds', (expression, seconds) => {
    expect(spreadSeconds(cron(expression))).toBe(seconds);
  });

  it('of a period is the whole period', () => {
    expect(spreadSeconds(every(300))).toBe(300);
    expect(spreadSeconds(every(2_678_400))).toBe(2_678_400);
  });

  it('is the shortest time between two slots, an hour at most', () => {
    fc.assert(
      fc.property(dailyExpressions, (expression) => {
        expect(spreadSeconds(cron(expression))).toBe(Math.min(3_600, shortestGap(cron(expression))));
      }),
      { numRuns: 50 },
    );
  });

  it('never reaches into the next slot', () => {
    fc.assert(
      fc.property(cronExpressions, (expression) => {
        expect(spreadSeconds(cron(expression))).toBeLessThanOrEqual(shortestGap(cron(expression)));
      }),
      { numRuns: 20 },
    );
  });
});

describe("a machine's offset", () => {
  it('is the same for ever', () => {
    const request = { machine: 'laptop', repo: 'git@example.org:me/notes.git', schedule: every(300) };
    expect(offsetSeconds(request)).toBe(206);
    expect(offsetSeconds({ ...request, schedule: cron('0 3 * * *') })).toBe(2006);
  });

  it('differs between machines and between repositories', () => {
    const request = { machine: 'laptop', repo: 'notes', schedule: every(86_400) };
    expect(offsetSeconds({ ...request, machine: 'desktop' })).not.toBe(offsetSeconds(request));
    expect(offsetSeconds({ ...request, repo: 'photos' })).not.toBe(offsetSeconds(request));
    expect(offsetSeconds({ ...request, machine: 'a', repo: 'bc' })).not.toBe(
      offsetSeconds({ ...request, machine: 'ab', repo: 'c' }),
    );
  });

  it('lies within the spread', () => {
    const schedules = fc.oneof(cronExpressions.map(cron), fc.integer({ min: 1, max: 2_678_400 }).map(every));
    fc.assert(
      fc.property(fc.string(), fc.string(), schedules, (machine, repo, schedule) => {
        const offset = offsetSeconds({ machine, repo, schedule });
        expect(Number.isInteger(offset)).toBe(true);
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset).toBeLessThan(spreadSeconds(schedule));
      }),
    );
  });

  it('spreads a thousand machines evenly over the period', () => {
    const tenths = new Array<number>(10).fill(0);
    for (let machine = 0; machine < 1_000; machine += 1) {
      const offset = offsetSeconds({ machine: `machine-${machine}`, repo: 'notes', schedule: every(300) });
      const tenth = Math.floor(offset / 30);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 100)).toBeLessThan(35);
  });
});
