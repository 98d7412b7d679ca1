import { afterEach, describe, expect, it } from 'vitest';
import { isoTime, localTime, relativeTime } from '../../../src/system/time-words.js';

const now = Date.parse('2026-11-20T12:00:00Z');
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a relative time', () => {
  it.each([
    [0, 'now'],
    [-999, 'now'],
    [-SECOND, '1 s ago'],
    [-119 * SECOND, '1 min ago'],
    [-3 * MINUTE, '3 min ago'],
    [-2 * HOUR, '2 h ago'],
    [-12 * HOUR, '12 h ago'],
    [-13 * HOUR, 'yesterday 23:00'],
    [-36 * HOUR, 'yesterday 00:00'],
    [-3 * DAY, '3 days ago'],
    [-29 * DAY, '29 days ago'],
    [-40 * DAY, '2026-10-11'],
    [5 * MINUTE, 'in 5 min'],
    [11 * HOUR, 'in 11 h'],
    [14 * HOUR, 'tomorrow 02:00'],
    [3 * DAY, 'in 3 days'],
    [400 * DAY, '2027-12-25'],
    [Number.NaN, 'at an unknown time'],
    [1e300, 'at an unknown time'],
    [-1e16, 'at an unknown time'],
  ])('%i ms away is %s', (distance, words) => {
    expect(relativeTime(now + distance, now)).toBe(words);
  });

  it('of a few minutes before midnight is still told in minutes', () => {
    const midnight = Date.parse('2026-11-20T00:10:00Z');
    expect(relativeTime(midnight - 20 * MINUTE, midnight)).toBe('20 min ago');
  });
});

describe('in another time zone', () => {
  afterEach(() => {
    process.env['TZ'] = 'UTC';
  });

  it('days and hours are those of its calendar', () => {
    process.env['TZ'] = 'Asia/Tokyo';
    const morning = Date.parse('2026-11-20T23:00:00Z');
    expect(relativeTime(Date.parse('2026-11-20T10:30:00Z'), morning)).toBe('yesterday 19:30');
    expect(localTime(morning)).toBe('2026-11-21 08:00');
  });

  it('a day on which the clocks are changed counts as one', () => {
    process.env['TZ'] = 'Europe/Berlin';
    expect(relativeTime(Date.parse('2026-10-23T22:30:00Z'), Date.parse('2026-10-25T23:30:00Z'))).toBe('2 days ago');
  });
});

it('a time that no calendar knows is none', () => {
  expect([isoTime(undefined), isoTime(Number.NaN), isoTime(1e300), isoTime(0)]).toEqual([
    null,
    null,
    null,
    '1970-01-01T00:00:00.000Z',
  ]);
});
