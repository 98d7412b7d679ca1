import { describe, expect, it } from 'vitest';
import { startSecond } from '../../../src/scheduler/offset.js';
import { waitForOwnSecond } from '../../../src/scheduler/own-second.js';

const MINUTE = Date.parse('2026-06-01T03:00:00Z');

/** Waits of a machine whose second is 40, begun at a second of a minute, with repositories due at these seconds. */
const wait = (begun: number, ...due: readonly number[]): number => {
  const countDue = (at: number): number => due.filter((second) => MINUTE + second * 1000 <= at).length;
  return waitForOwnSecond({ now: MINUTE + begun * 1000, second: 40, countDue }) / 1000;
};

describe('a run that was begun at the first second of a minute', () => {
  it("waits for the machine's own second when somebody is due by then", () => {
    expect([wait(0, -500), wait(0, 30), wait(0.4, 40), wait(2, 40, -500)]).toEqual([40, 40, 39.6, 38]);
  });

  it('does not wait when nobody is due by then', () => {
    expect([wait(0), wait(0, 41), wait(1, 3_600)]).toEqual([0, 0, 0]);
  });
});

describe('a run that was begun later in a minute', () => {
  it('does not wait when all who will be due are due now', () => {
    expect([wait(20, -500), wait(5, 5)]).toEqual([0, 0]);
  });

  it('waits for those who will be due, whom nothing else would call in time', () => {
    expect([wait(20, 30), wait(20, -500, 40)]).toEqual([20, 20]);
  });

  it('does not wait at its own second or after it, where systemd and Task Scheduler begin', () => {
    expect([wait(40, -500), wait(40.01, 45), wait(59, 59)]).toEqual([0, 0, 0]);
  });
});

describe('the seconds of many machines', () => {
  it('are spread: of a thousand no second has more than a few more than its share', () => {
    const counts = new Map<number, number>();
    for (let machine = 0; machine < 1_000; machine += 1) {
      const second = startSecond(`machine-${machine}`);
      counts.set(second, (counts.get(second) ?? 0) + 1);
    }
    expect([counts.size, Math.max(...counts.keys()), Math.min(...counts.keys())]).toEqual([60, 59, 0]);
    expect(Math.max(...counts.values())).toBeLessThan(40);
  });

  it('are always the same for the same machine', () => {
    expect([startSecond('laptop'), startSecond('desktop')]).toEqual([14, 27]);
  });
});
