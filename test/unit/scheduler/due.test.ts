import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Schedule, ScheduleSlot } from '../../../src/model/schedule.js';
import { isDue, nextDue } from '../../../src/scheduler/due.js';
import { cronExpressions, dailyExpressions } from '../../support/schedules.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const cron = (expression: string, offsetSeconds = 0): ScheduleSlot => ({
  schedule: { kind: 'cron', expression },
  offsetSeconds,
});
const every = (seconds: number, offsetSeconds = 0): ScheduleSlot => ({
  schedule: { kind: 'every', seconds },
  offsetSeconds,
});
const at = (text: string): number => Date.parse(text);
const text = (time: number): string => new Date(time).toISOString();

/** Debian's cron, minute by minute: an independent reading of an expression with numbers only, in UTC. */
function comesAt(expression: string, time: number): boolean {
  const date = new Date(time);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = expression.split(' ');
  const onDayOfMonth = fieldHas(dayOfMonth, date.getUTCDate(), 1, 31);
  const weekday = date.getUTCDay();
  const onDayOfWeek = fieldHas(dayOfWeek, weekday, 0, 7) || (weekday === 0 && fieldHas(dayOfWeek, 7, 0, 7));
  const both = dayOfMonth.startsWith('*') || dayOfWeek.startsWith('*');
  return (
    fieldHas(minute, date.getUTCMinutes(), 0, 59) &&
    fieldHas(hour, date.getUTCHours(), 0, 23) &&
    fieldHas(month, date.getUTCMonth() + 1, 1, 12) &&
    (both ? onDayOfMonth && onDayOfWeek : onDayOfMonth || onDayOfWeek)
  );
}

function fieldHas(field: string, value: number, low: number, high: number): boolean {
  return field.split(',').some((item) => {
    const [span = '', step = '1'] = item.split('/');
    const [from, to = from] = span === '*' ? [low, high] : span.split('-').map(Number);
    return (
      from !== undefined && to !== undefined && value >= from && value <= to && (value - from) % Number(step) === 0
    );
  });
}

/** Whether any minute of a schedule, with the offset added, lies in the time since the last run. */
function passedByStepping(slot: ScheduleSlot, lastRun: number, now: number): boolean {
  const offset = slot.offsetSeconds * 1000;
  for (let minute = Math.ceil((lastRun - offset) / MINUTE) * MINUTE; minute + offset <= now; minute += MINUTE) {
    if (minute + offset > lastRun && matches(slot.schedule, minute)) return true;
  }
  return false;
}

const matches = (schedule: Schedule, minute: number): boolean =>
  schedule.kind === 'cron' ? comesAt(schedule.expression, minute) : minute % (schedule.seconds * 1000) === 0;

describe('a repository is due', () => {
  it('exactly when stepping minute by minute through the time since its last run meets a slot', () => {
    const schedules = fc.oneof(
      fc.oneof(cronExpressions, dailyExpressions).map((expression): Schedule => ({ kind: 'cron', expression })),
      fc.integer({ min: 1, max: 3_000 }).map((minutes): Schedule => ({ kind: 'every', seconds: minutes * 60 })),
    );
    const slots = fc.record({ schedule: schedules, offsetSeconds: fc.integer({ min: 0, max: 7_200 }) });
    const starts = fc.integer({ min: at('2024-01-01'), max: at('2029-01-01') });
    const spans = fc.oneof(fc.integer({ min: 0, max: 3 * HOUR }), fc.integer({ min: 0, max: 3 * DAY }));
    fc.assert(
      fc.property(slots, starts, spans, (slot, lastRun, span) => {
        const now = lastRun + span;
        expect(isDue({ slot, lastRun, now })).toBe(passedByStepping(slot, lastRun, now));
      }),
      { numRuns: 500 },
    );
  });

  it('when it never ran', () => {
    expect(isDue({ slot: cron('0 0 29 2 *'), now: at('2026-06-01') })).toBe(true);
  });

  it('once, however many slots were missed', () => {
    const slot = every(300);
    const now = at('2026-06-01T08:00:30Z');
    expect(isDue({ slot, lastRun: now - 30 * DAY, now })).toBe(true);
    expect(isDue({ slot, lastRun: now, now: now + MINUTE })).toBe(false);
  });

  it('again when a slot passed while its last run was still going on', () => {
    const begin = at('2026-06-01T08:04:50Z');
    expect(isDue({ slot: every(300), lastRun: begin, now: begin + 20_000 })).toBe(true);
  });

  it('not twice for the slot at which its last run began', () => {
    const begin = at('2026-06-01T08:05:00Z');
    expect(isDue({ slot: every(300), lastRun: begin, now: begin + 1_000 })).toBe(false);
    expect(isDue({ slot: cron('*/5 * * * *'), lastRun: begin, now: begin + 1_000 })).toBe(false);
  });

  it('when its last run lies in the future, since the clock was set back', () => {
    const lastRun = at('2036-06-01');
    expect(isDue({ slot: cron('0 3 * * *'), lastRun, now: at('2026-06-01T12:00Z') })).toBe(true);
    expect(isDue({ slot: every(86_400), lastRun, now: at('1960-06-01T12:00Z') })).toBe(true);
  });

  it('at every point of a clock that jumped, without fail', () => {
    for (const slot of [cron('0 3 * * *'), cron('0 0 29 2 *'), every(300)]) {
      expect(isDue({ slot, lastRun: at('1960-01-01'), now: at('2036-06-01') })).toBe(true);
      expect(isDue({ slot, lastRun: at('2036-03-01T12:00Z'), now: at('2036-03-01T12:00:01Z') })).toBe(false);
    }
  });
});

describe('the next time that a repository is due', () => {
  it('is its slot and its offset', () => {
    const lastRun = at('2026-06-01T08:05:00Z');
    const next = (slot: ScheduleSlot): string => text(nextDue({ slot, lastRun, now: lastRun }));
    expect(next(cron('0 3 * * *', 90))).toBe('2026-06-02T03:01:30.000Z');
    expect(next(cron('*/5 * * * *', 30))).toBe('2026-06-01T08:05:30.000Z');
    expect(next(every(300))).toBe('2026-06-01T08:10:00.000Z');
    expect(next(every(86_400, 3_600))).toBe('2026-06-02T01:00:00.000Z');
    expect(next(cron('0 0 29 2 *'))).toBe('2028-02-29T00:00:00.000Z');
  });

  it('is found across the eight years without a 29th of February', () => {
    const lastRun = at('2096-03-01T00:00:00Z');
    expect(text(nextDue({ slot: cron('59 23 29 2 *'), lastRun, now: lastRun }))).toBe('2104-02-29T23:59:00.000Z');
  });

  it('lies in the past for one that is overdue, and is now for one that never ran', () => {
    const now = at('2026-06-01T08:00:00Z');
    expect(text(nextDue({ slot: every(300), lastRun: now - DAY, now }))).toBe('2026-05-31T08:05:00.000Z');
    expect(nextDue({ slot: every(300), now })).toBe(now);
  });
});

const zone = process.env['TZ'];
afterEach(() => {
  process.env['TZ'] = zone;
});

describe('a change to and from summer time (Berlin, 2026)', () => {
  /** The times at which a repository runs that is looked at every minute. */
  function runs(slot: ScheduleSlot, from: string, to: string): readonly string[] {
    process.env['TZ'] = 'Europe/Berlin';
    const times: string[] = [];
    let lastRun = at(from);
    for (let now = lastRun; now <= at(to); now += MINUTE) {
      if (!isDue({ slot, lastRun, now })) continue;
      times.push(text(now).slice(8, 16));
      lastRun = now;
    }
    return times;
  }

  it('does not lose a slot in the hour that is skipped: it comes an hour later', () => {
    const slot = cron('30 2 * * *');
    expect(runs(slot, '2026-03-28T00:00Z', '2026-03-30T12:00Z')).toEqual(['28T01:30', '29T01:30', '30T00:30']);
  });

  it('does not repeat a daily slot in the hour that comes twice', () => {
    const slot = cron('30 2 * * *');
    expect(runs(slot, '2026-10-24T00:00Z', '2026-10-26T12:00Z')).toEqual(['24T00:30', '25T00:30', '26T01:30']);
  });

  it('lets every quarter of an hour come in both', () => {
    const slot = cron('*/15 * * * *');
    expect(runs(slot, '2026-03-29T00:30Z', '2026-03-29T01:30Z')).toEqual([
      '29T00:45',
      '29T01:00',
      '29T01:15',
      '29T01:30',
    ]);
    const autumn = runs(slot, '2026-10-25T00:00Z', '2026-10-25T02:00Z');
    expect(autumn).toHaveLength(8);
    expect(autumn.slice(2, 6)).toEqual(['25T00:45', '25T01:00', '25T01:15', '25T01:30']);
  });

  it('does not move a period, which is counted in UTC', () => {
    expect(runs(every(3_600), '2026-10-24T22:00Z', '2026-10-25T03:00Z')).toEqual([
      '24T23:00',
      '25T00:00',
      '25T01:00',
      '25T02:00',
      '25T03:00',
    ]);
  });

  it('leaves no day without a run, whatever the daily schedule', () => {
    fc.assert(
      fc.property(dailyExpressions, fc.constantFrom('2026-03-29', '2026-10-25'), (expression, day) => {
        process.env['TZ'] = 'Europe/Berlin';
        const lastRun = at(`${day}T00:00:00+02:00`) - HOUR;
        expect(isDue({ slot: cron(expression), lastRun, now: lastRun + 27 * HOUR })).toBe(true);
      }),
    );
  });
});

describe('a change of half an hour (Lord Howe Island, 2026)', () => {
  it.each([
    ['0 0-1 * * *', '2026-04-04T14:29:59Z', '2026-04-05T13:30:00.000Z'],
    ['* 2 * 4 0', '2026-10-04T00:00:00Z', '2027-04-03T15:00:00.000Z'],
  ])('%s has a next time nevertheless, half an hour off at most', (expression, lastRunText, expected) => {
    process.env['TZ'] = 'Australia/Lord_Howe';
    const lastRun = at(lastRunText);
    const next = nextDue({ slot: cron(expression), lastRun, now: lastRun });
    expect(Math.abs(next - at(expected))).toBeLessThanOrEqual(30 * MINUTE);
  });

  it('is no reason to miss an hourly slot', () => {
    fc.assert(
      fc.property(fc.constantFrom('2026-04-04', '2026-10-03'), fc.integer({ min: 0, max: DAY }), (day, since) => {
        process.env['TZ'] = 'Australia/Lord_Howe';
        const lastRun = at(day) + since;
        expect(isDue({ slot: cron('0 * * * *'), lastRun, now: lastRun + 2 * HOUR })).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});
