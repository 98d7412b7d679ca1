import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipped, clippedPath, padded, textWidth } from '../../../src/system/text-width.js';

describe('the width of a text', () => {
  it.each([
    ['notes', 5],
    ['ノート', 6],
    ['🎉', 2],
    ['e\u0301', 1],
    ['\u001b[31mred\u001b[0m', 3],
  ])('%j is %i', (text, width) => {
    expect(textWidth(text)).toBe(width);
    expect(textWidth(padded(text, 9))).toBe(9);
  });
});

describe('a text that is cut', () => {
  it.each([
    ['notes', 5, 'notes'],
    ['notes', 4, 'not…'],
    ['ノート', 4, 'ノ…'],
    ['🎉🎉', 3, '🎉…'],
    ['notes', 0, ''],
  ])('%j in %i columns is %j', (text, width, expected) => {
    expect(clipped(text, width)).toBe(expected);
  });

  it.each([
    ['~/notes', 7, '~/notes'],
    ['~/very/long/way/to/notes', 12, '…/to/notes'],
    ['~/a-name-without-any-end', 10, '…t-any-end'],
    ['~/日本語', 6, '…本語'],
  ])('the path %j in %i columns is %j', (path, width, expected) => {
    expect(clippedPath(path, width)).toBe(expected);
  });

  it('never takes more columns than there are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, width) => {
        expect(textWidth(clipped(text, width))).toBeLessThanOrEqual(width);
        expect(textWidth(clippedPath(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
