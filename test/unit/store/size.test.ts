import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSize, renderSize } from '../../../src/store/size.js';

describe('a size', () => {
  it.each([
    ['0B', 0],
    ['512B', 512],
    ['64kB', 64_000],
    ['64KB', 64_000],
    ['100MB', 100_000_000],
    ['100mb', 100_000_000],
    ['1.5GiB', 1_610_612_736],
    ['2KiB', 2_048],
    ['3MiB', 3_145_728],
    ['4GB', 4_000_000_000],
  ])('of %s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    '',
    '100',
    'MB',
    '100 MB',
    '-1MB',
    '1e3MB',
    '.5MB',
    '5.MB',
    '1,5MB',
    '100M',
    '1TB',
    '100MB ',
    '9'.repeat(30),
  ])('is not %j', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it('is rendered so that it can be read again', () => {
    const bytes = fc.oneof(
      fc.maxSafeNat(),
      fc.nat(8_000).map((count) => count * 1024 ** 2),
      fc.nat(8_000).map((count) => count * 1000 ** 3),
    );
    fc.assert(
      fc.property(bytes, (count) => {
        expect(parseSize(renderSize(count))).toBe(count);
      }),
    );
  });

  it('is rendered in the largest unit that is exact', () => {
    expect([0, 999, 100_000_000, 104_857_600, 1024].map(renderSize)).toEqual(['0B', '999B', '100MB', '100MiB', '1KiB']);
  });
});
