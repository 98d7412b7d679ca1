import { describe, expect, it } from 'vitest';
import { asAbsolute } from '../../../src/model/paths.js';
import { massDeletion } from '../../../src/vcs/mass-deletion.js';

const top = asAbsolute('/home/ann/my notes');
const HALF = { kind: 'percent', percent: 50 } as const;

describe('a mass deletion', () => {
  it.each([
    [20, 39, true],
    [20, 40, false],
    [19, 19, false],
    [1000, 1999, true],
  ])('of %i of %i files is one: %s', (gone, tracked, expected) => {
    expect(massDeletion(HALF, { top, gone, tracked }) !== undefined).toBe(expected);
  });

  it('is counted where the limit is a number, and none where it is off', () => {
    const many = { top, gone: 11, tracked: 1000 };
    expect(massDeletion({ kind: 'count', files: 10 }, many)?.kind).toBe('mass-deletion');
    expect(massDeletion({ kind: 'count', files: 11 }, many)).toBeUndefined();
    expect(massDeletion({ kind: 'off' }, { top, gone: 1000, tracked: 1000 })).toBeUndefined();
  });

  it('says the command that takes it, to be pasted', () => {
    const hint = massDeletion(HALF, { top, gone: 30, tracked: 31 })?.hint;
    expect(hint).toContain('30 of 31 files');
    expect(hint).toContain("autosync snapshot '/home/ann/my notes' --allow-deletions");
  });
});
