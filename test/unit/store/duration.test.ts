import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration, renderDuration } from '../../../src/store/duration.js';

describe('a duration', () => {
  it.each([
    ['0s', 0],
    ['90s', 90],
    ['5m', 300],
    ['1h30m', 5_400],
    ['2d', 172_800],
    ['1d1h1m1s', 90_061],
  ])('of %s is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', ' ', '5', 'm', '5 m', '5M', '-5m', '1.5h', '5m5m', '30m1h', '5m ', '5ms', '٥m', `${'9'.repeat(20)}d`])(
    'is not %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it('is rendered so that it can be read again', () => {
    const seconds = fc.oneof(fc.nat(200_000), fc.maxSafeNat());
    fc.assert(
      fc.property(seconds, (count) => {
        expect(parseDuration(renderDuration(count))).toBe(count);
      }),
    );
  });

  it('is rendered short', () => {
    expect([0, 60, 5_400, 86_400, 90_061].map(renderDuration)).toEqual(['0s', '1m', '1h30m', '1d', '1d1h1m1s']);
  });
});
