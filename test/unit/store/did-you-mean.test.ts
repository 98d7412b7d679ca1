import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance } from '../../../src/store/did-you-mean.js';

describe('the hint for a name that does not exist', () => {
  const known = ['settle', 'schedule', 'sign', 'max-file-size'];

  it.each([
    ['setle', 'settle'],
    ['shcedule', 'schedule'],
    ['sing', 'sign'],
    ['max_file_size', 'max-file-size'],
    ['maxfilesize', 'max-file-size'],
  ])('for %s is %s', (name, meant) => {
    expect(didYouMean(name, known)).toBe(`did you mean '${meant}'?`);
  });

  it.each(['', 'x', 'colour', 'a-very-long-name'])('for %j is the list of names, for none is near', (name) => {
    expect(didYouMean(name, known)).toBe('known names: settle, schedule, sign, max-file-size');
  });
});

describe('the distance of two words', () => {
  const words = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });

  it('counts what was inserted, removed, replaced and swapped', () => {
    expect(editDistance('sign', 'sing')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });

  it('is zero for the same word only, the same both ways, and never more than the longer word', () => {
    fc.assert(
      fc.property(words, words, (one, other) => {
        const distance = editDistance(one, other);
        expect(distance === 0).toBe(one === other);
        expect(editDistance(other, one)).toBe(distance);
        expect(distance).toBeLessThanOrEqual(Math.max(one.length, other.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(one.length - other.length));
      }),
    );
  });
});
