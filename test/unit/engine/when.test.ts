import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWhen } from '../../../src/engine/when.js';

/** A Friday, by the clock of the tests (UTC). */
const NOW = Date.UTC(2026, 10, 20, 15, 30, 45);
const at = (text: string, now = NOW): string => {
  const when = parseWhen(text, now);
  return when.kind === 'time' ? new Date(when.at).toISOString() : JSON.stringify(when);
};

describe('parseWhen', () => {
  it.each([
    ['now', '2026-11-20T15:30:45.000Z'],
    ['2026-11-19', '2026-11-19T23:59:59.999Z'],
    ['2026-11-20', '2026-11-20T15:30:45.000Z'],
    ['today', '2026-11-20T15:30:45.000Z'],
    ['yesterday', '2026-11-19T23:59:59.999Z'],
    ['Yesterday 18:00', '2026-11-19T18:00:00.000Z'],
    ['yesterday at 9:05', '2026-11-19T09:05:00.000Z'],
    ['2026-11-19 10:30', '2026-11-19T10:30:00.000Z'],
    ['2026-11-19T10:30:15', '2026-11-19T10:30:15.000Z'],
    ['2026-11-19T10:30:15.123Z', '2026-11-19T10:30:15.000Z'],
    ['2026-11-19T10:30+02:00', '2026-11-19T08:30:00.000Z'],
    ['2026-11-19T10:30 -0130', '2026-11-19T12:00:00.000Z'],
    ['10:30', '2026-11-20T10:30:00.000Z'],
    ['15:31', '2026-11-19T15:31:00.000Z'],
    ['2 days ago', '2026-11-18T15:30:45.000Z'],
    ['an hour ago', '2026-11-20T14:30:45.000Z'],
    ['a week ago', '2026-11-13T15:30:45.000Z'],
    ['90 minutes ago', '2026-11-20T14:00:45.000Z'],
    ['2h', '2026-11-20T13:30:45.000Z'],
    [' 30m ago ', '2026-11-20T15:00:45.000Z'],
    ['3 months ago', '2026-08-20T15:30:45.000Z'],
    ['a year ago', '2025-11-20T15:30:45.000Z'],
    ['0 seconds ago', '2026-11-20T15:30:45.000Z'],
  ])("reads '%s'", (text, time) => {
    expect(at(text)).toBe(time);
  });

  it('does not fall out of a month that is shorter', () => {
    expect(at('a month ago', Date.UTC(2026, 2, 31, 12))).toBe('2026-02-28T12:00:00.000Z');
    expect(at('a year ago', Date.UTC(2028, 1, 29, 12))).toBe('2027-02-28T12:00:00.000Z');
  });

  it.each(['0123abc', 'DEADBEEFCAFE', '4eb9ad24eb9ad24eb9ad24eb9ad24eb9ad24eb9a'])("takes '%s' for a version", (id) => {
    expect(parseWhen(id, NOW)).toEqual({ kind: 'revision', id: id.toLowerCase() });
  });

  it.each([
    '',
    'soon',
    '25:00',
    '10:60',
    '10:3',
    '2026-13-01',
    '2026-02-30',
    '2026-11-19 25:00',
    '2026-11-19T',
    '2 fortnights ago',
    'days ago',
    '-2 days ago',
    '99999999 days ago',
    'yesterday noonish',
    'HEAD',
    'HEAD~1',
    '@{1}',
    '--all',
    'abc',
    'tip',
    '999999 years ago',
  ])("says that '%s' says no time", (text) => {
    expect(parseWhen(text, NOW)).toEqual({ kind: 'wrong', why: 'says no time' });
  });

  it.each(['2026-11-21', 'today 23:00', '2026-11-20T15:30:46Z', '3026-01-01'])(
    "says that '%s' is yet to come",
    (text) => {
      expect(parseWhen(text, NOW)).toEqual({ kind: 'wrong', why: 'lies in the future' });
    },
  );

  const moments = fc.date({ min: new Date('1971-01-02'), max: new Date('2100-01-01'), noInvalidDate: true });

  it('reads every time that it could be shown, to the second', () => {
    fc.assert(
      fc.property(moments, fc.constantFrom('T', ' '), (date, between) => {
        const text = date.toISOString().replace('T', between);
        expect(parseWhen(text, date.getTime())).toEqual({
          kind: 'time',
          at: Math.floor(date.getTime() / 1000) * 1000,
        });
      }),
    );
  });

  it('takes a clock for the last time that it was so late', () => {
    fc.assert(
      fc.property(moments, fc.nat(23), fc.nat(59), (now, hour, minute) => {
        const when = parseWhen(`${hour}:${String(minute).padStart(2, '0')}`, now.getTime());
        if (when.kind !== 'time') throw new Error(when.kind);
        const found = new Date(when.at);
        expect([found.getHours(), found.getMinutes()]).toEqual([hour, minute]);
        expect(now.getTime() - when.at).toBeGreaterThanOrEqual(0);
        expect(now.getTime() - when.at).toBeLessThan(25 * 3_600_000);
      }),
    );
  });

  it('never answers a time to come, or none at all, whatever is typed', () => {
    const words = fc.constantFrom(
      '2',
      'days',
      'ago',
      'yesterday',
      '10:30',
      '2026-11-19',
      't',
      'z',
      '+02:00',
      'a',
      'hour',
    );
    const typed = fc.oneof(
      fc.string(),
      fc.array(words).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(typed, moments, (text, now) => {
        const when = parseWhen(text, now.getTime());
        const at = when.kind === 'time' ? when.at : 0;
        expect(Number.isFinite(at)).toBe(true);
        expect(at).toBeLessThanOrEqual(now.getTime());
      }),
    );
  });
});
