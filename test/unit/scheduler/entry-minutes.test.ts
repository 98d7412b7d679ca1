import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Schedule, ScheduleSlot } from '../../../src/model/schedule.js';
import { cronFields } from '../../../src/scheduler/cron-expression.js';
import { nextDue } from '../../../src/scheduler/due.js';
import { entryMinutes, minuteField } from '../../../src/scheduler/entry-minutes.js';
import { dailyExpressions } from '../../support/schedules.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

const cron = (expression: string, offsetSeconds = 0): ScheduleSlot => ({
  schedule: { kind: 'cron', expression },
  offsetSeconds,
});
const every = (seconds: number, offsetSeconds = 0): ScheduleSlot => ({
  schedule: { kind: 'every', seconds },
  offsetSeconds,
});

/** The field for some slots where local time is UTC. */
const field = (...slots: readonly ScheduleSlot[]): string => minuteField(entryMinutes({ slots, zoneMinutes: 0 }));

describe('the minutes of the entry', () => {
  it.each<[string, string, readonly ScheduleSlot[]]>([
    ['follow a cron expression', '*/15', [cron('*/15 * * * *')]],
    ['round an offset up to the next minute', '1-59/15', [cron('*/15 * * * *', 1)]],
    ['wrap around the hour', '*/15', [cron('*/15 * * * *', 841)]],
    ['are every hour for a daily schedule, because over-firing is harmless', '12', [cron('0 3 * * *', 700)]],
    ['follow a period', '2-59/5', [every(300, 90)]],
    ['follow a period of hours', '30', [every(7_200, 1_800)]],
    ['are as many as a period needs that does not fit the hour', '0,30', [every(5_400)]],
    ['are all of them for a period that comes to all', '*', [every(420)]],
    ['are all of them for a period below a minute', '*', [every(30)]],
    ['are those of all repositories together', '0,7,30,37', [cron('*/30 * * * *'), cron('7,37 * * * *')]],
  ])('%s', (_what, expected, slots) => {
    expect(field(...slots)).toBe(expected);
  });

  it('are local, while periods are counted in UTC', () => {
    expect(entryMinutes({ slots: [every(3_600)], zoneMinutes: 330 })).toEqual([30]);
    expect(entryMinutes({ slots: [every(3_600)], zoneMinutes: -210 })).toEqual([30]);
    expect(entryMinutes({ slots: [cron('0 3 * * *')], zoneMinutes: 330 })).toEqual([0]);
  });

  it('are none when nothing is registered', () => {
    expect(entryMinutes({ slots: [], zoneMinutes: 60 })).toEqual([]);
  });

  it('are not more than a schedule has slots', () => {
    fc.assert(
      fc.property(dailyExpressions, fc.integer({ min: 0, max: 3_599 }), (expression, offset) => {
        const minutes = entryMinutes({ slots: [cron(expression, offset)], zoneMinutes: 0 });
        expect(minutes).toHaveLength(cronFields(expression).minutes.length);
      }),
    );
  });
});

describe('stepping through a day', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    process.env['TZ'] = zone;
  });

  it.each(['UTC', 'Asia/Kolkata', 'America/St_Johns'])('in %s, every slot is looked at within a minute', (name) => {
    process.env['TZ'] = name;
    const schedules = fc.oneof(
      dailyExpressions.map((expression): Schedule => ({ kind: 'cron', expression })),
      fc.integer({ min: 60, max: 90_000 }).map((seconds): Schedule => ({ kind: 'every', seconds })),
    );
    const slots = fc.record({ schedule: schedules, offsetSeconds: fc.integer({ min: 0, max: 90_000 }) });
    const start = Date.parse('2026-06-01T00:00:00Z');
    const zoneMinutes = -new Date(start).getTimezoneOffset();
    fc.assert(
      fc.property(fc.array(slots, { minLength: 1, maxLength: 3 }), (all) => {
        const minutes = new Set(entryMinutes({ slots: all, zoneMinutes }));
        for (const slot of all) {
          let due = nextDue({ slot, lastRun: start, now: start });
          for (let count = 0; due < start + DAY && count < 200; count += 1) {
            const looked = new Date(Math.ceil(due / MINUTE) * MINUTE);
            expect(minutes).toContain(looked.getMinutes());
            due = nextDue({ slot, lastRun: due, now: due });
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the field of minutes', () => {
  it.each<[string, readonly number[]]>([
    ['7', [7]],
    ['0,30', [0, 30]],
    ['3,4', [3, 4]],
    ['3-5', [3, 4, 5]],
    ['0,10-14,20,21', [0, 10, 11, 12, 13, 14, 20, 21]],
    ['10-50/10', [10, 20, 30, 40, 50]],
    ['*/7', [0, 7, 14, 21, 28, 35, 42, 49, 56]],
    ['1-59/2', Array.from({ length: 30 }, (_, index) => 2 * index + 1)],
    ['*', Array.from({ length: 60 }, (_, index) => index)],
  ])('is %s', (expected, minutes) => {
    expect(minuteField(minutes)).toBe(expected);
  });

  it('means the same minutes, whichever they are', () => {
    const sets = fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(sets, (set) => {
        const minutes = [...set].sort((a, b) => a - b);
        expect(cronFields(`${minuteField(minutes)} * * * *`).minutes).toEqual(minutes);
      }),
      { numRuns: 500 },
    );
  });
});
