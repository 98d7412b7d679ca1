import { afterEach, describe, expect, it } from 'vitest';
import { spanOf, spans } from '../../../src/report/days.js';
import { NOW } from '../../support/report-facts.js';

const DAY_MS = 24 * 3_600_000;

describe('the days of a report', () => {
  afterEach(() => {
    process.env['TZ'] = 'UTC';
  });

  it.each([
    [1, 2],
    [7, 8],
    [30, 31],
    [31, 16],
    [365, 31],
    [36_500, 31],
  ])('%i days are %i columns', (days, columns) => {
    expect(spans(NOW - days * DAY_MS, NOW)).toHaveLength(columns);
  });

  it('begin at midnight, also where the clocks are changed', () => {
    process.env['TZ'] = 'Europe/Berlin';
    const found = spans(Date.parse('2026-10-20T12:00:00Z'), Date.parse('2026-10-30T12:00:00Z'));
    expect(found.map(({ start }) => new Date(start).getHours())).toEqual(found.map(() => 0));
    expect(found).toHaveLength(11);
  });

  it('find the column of a time, and the nearest one for a clock that was wrong', () => {
    const found = spans(NOW - 3 * DAY_MS, NOW);
    expect([NOW - 99 * DAY_MS, NOW - DAY_MS, NOW, NOW + 99 * DAY_MS].map((at) => spanOf(found, at))).toEqual([
      0, 2, 3, 3,
    ]);
  });
});
