import { describe, expect, it } from 'vitest';
import { sittingsOf } from '../../../../src/vcs/git/sittings.js';

const at = (...times: readonly number[]): readonly { at: number }[] => times.map((time) => ({ at: time }));
const timesOf = (sittings: readonly (readonly { at: number }[])[]): readonly (readonly number[])[] =>
  sittings.map((sitting) => sitting.map((one) => one.at));

describe('sittings', () => {
  it('are parted where nothing was made for as long as is asked for', () => {
    expect(timesOf(sittingsOf(at(0, 50, 149, 249, 250), { seconds: 100, now: undefined }))).toEqual([
      [0, 50, 149],
      [249, 250],
    ]);
  });

  it('count only when they have ended, unless all do', () => {
    const snapshots = at(0, 50, 200);
    expect(timesOf(sittingsOf(snapshots, { seconds: 100, now: 299 }))).toEqual([[0, 50]]);
    expect(timesOf(sittingsOf(snapshots, { seconds: 100, now: 300 }))).toEqual([[0, 50], [200]]);
  });

  it('go on when the clock is set back', () => {
    expect(timesOf(sittingsOf(at(500, 20, 30), { seconds: 100, now: undefined }))).toEqual([[500, 20, 30]]);
    expect(sittingsOf([], { seconds: 100, now: 0 })).toEqual([]);
  });
});
