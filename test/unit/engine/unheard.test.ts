import { describe, expect, it } from 'vitest';
import { isWorthRepeating, readUnheard, stillToTell, type Unheard } from '../../../src/engine/unheard.js';
import type { Notification } from '../../../src/notify/notifier.js';

const DAY_MS = 86_400_000;

const news = (event: Notification['event'], body: string = event): Notification => ({
  event,
  repo: '/home/ann/notes',
  title: 'notes',
  body,
  paths: [],
});

const unheard = (event: Notification['event'], since = 0, body?: string): Unheard => ({
  notification: news(event, body),
  since,
});

const told = (list: readonly Unheard[]): readonly string[] => list.map(({ notification }) => notification.body);

describe('what nobody has heard yet', () => {
  it('is told again, before what is new', () => {
    expect(told(stillToTell([unheard('conflict')], { notification: undefined, now: 1 }))).toEqual(['conflict']);
    expect(told(stillToTell([unheard('conflict')], { notification: news('attention'), now: 1 }))).toEqual([
      'conflict',
      'attention',
    ]);
  });

  it('is told once, also when it is news again', () => {
    const again = stillToTell([unheard('attention')], { notification: news('attention'), now: 1 });
    expect(again).toEqual([{ notification: news('attention'), since: 1 }]);
  });

  it.each(['attention', 'blocked', 'failed', 'offline'] as const)(
    'of the kind %s is not told any more when it is over, and its end is no news',
    (event) => {
      const before = [unheard('conflict'), unheard(event)];
      expect(told(stillToTell(before, { notification: news('recovered'), now: 1 }))).toEqual(['conflict']);
    },
  );

  it('does not keep the end of a trouble from one who knows of it', () => {
    const now = 1;
    expect(told(stillToTell([unheard('conflict')], { notification: news('recovered'), now }))).toContain('recovered');
  });

  it('is kept for a month, also when the clock is set back', () => {
    const old = [unheard('conflict', 31 * DAY_MS)];
    expect(stillToTell(old, { notification: undefined, now: 60 * DAY_MS })).toHaveLength(1);
    expect(stillToTell(old, { notification: undefined, now: 62 * DAY_MS })).toHaveLength(0);
    expect(stillToTell(old, { notification: undefined, now: 0 })).toHaveLength(1);
  });

  it('never grows without bounds: the newest stay', () => {
    const many = Array.from({ length: 5 }, (_, n) => unheard('conflict', 0, `${n}`));
    const kept = stillToTell(many, { notification: news('conflict', 'new'), now: 1 });
    expect(told(kept)).toEqual(['1', '2', '3', '4', 'new']);
  });

  it('comes back from JSON, and nonsense does not', () => {
    const list = [unheard('conflict'), unheard('attention', 7)];
    expect(readUnheard(JSON.parse(JSON.stringify(list)))).toEqual(list);
    const nonsense = [null, 3, {}, { since: 1 }, { since: '1', notification: news('failed') }];
    expect(readUnheard([...nonsense, { since: 1, notification: { ...news('failed'), event: 'x' } }])).toEqual([]);
    expect(readUnheard('nothing')).toEqual([]);
  });
});

it('files that came in are told at once or not at all', () => {
  expect(isWorthRepeating(unheard('incoming'))).toBe(false);
  expect(isWorthRepeating(unheard('conflict'))).toBe(true);
});
