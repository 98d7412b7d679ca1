import { describe, expect, it } from 'vitest';
import { decideGone, decideWanted, type RefDecision, type RefFacts } from '../../../src/mirror/decide-refs.js';

/** Commits are the letters of a line of descent; upper-case ones are not the mirror's. */
const facts = (given: {
  readonly wanted?: Record<string, string>;
  readonly present?: Record<string, string>;
  readonly placed?: Record<string, string[]>;
}): RefFacts => ({
  wanted: new Map(Object.entries(given.wanted ?? {})),
  present: new Map(Object.entries(given.present ?? {})),
  placed: new Map(Object.entries(given.placed ?? {})),
});

const wanted = (given: RefFacts): RefDecision =>
  decideWanted(given, (one, other) => /^[a-z]$/.test(one) && one <= other);
const gone = (given: RefFacts): RefDecision => decideGone(given, (id) => id <= 'b');

const [HEAD, TAG] = ['refs/heads/main', 'refs/tags/v1'];

describe('a branch', () => {
  it('is made, goes forward, and is left as it is', () => {
    expect(wanted(facts({ wanted: { [HEAD]: 'b' } })).updates).toEqual([{ ref: HEAD, kind: 'created', id: 'b' }]);
    const behind = facts({ wanted: { [HEAD]: 'b' }, present: { [HEAD]: 'a' } });
    expect(wanted(behind).updates).toEqual([{ ref: HEAD, kind: 'advanced', id: 'b' }]);
    expect(wanted(facts({ wanted: { [HEAD]: 'b' }, present: { [HEAD]: 'b' } }))).toEqual({ updates: [], told: [] });
  });

  it('never goes back or aside, whoever put it where it is', () => {
    for (const present of ['c', 'X']) {
      const moved = facts({ wanted: { [HEAD]: 'b' }, present: { [HEAD]: present }, placed: { [HEAD]: [present] } });
      expect(wanted(moved)).toMatchObject({ updates: [], told: [{ ref: HEAD, kind: 'moved-there' }] });
    }
  });
});

describe('a tag', () => {
  it('moves from where the mirror has put it, and from nowhere else', () => {
    const ours = facts({ wanted: { [TAG]: 'b' }, present: { [TAG]: 'c' }, placed: { [TAG]: ['c'] } });
    expect(wanted(ours).updates).toEqual([{ ref: TAG, kind: 'tag-moved', id: 'b', expected: 'c' }]);
    const theirs = facts({ wanted: { [TAG]: 'b' }, present: { [TAG]: 'a' }, placed: { [TAG]: ['c'] } });
    expect(wanted(theirs)).toMatchObject({ updates: [], told: [{ ref: TAG, kind: 'moved-there' }] });
  });
});

describe('a ref that is wanted no more', () => {
  const left = (present: Record<string, string>): RefFacts =>
    facts({
      wanted: { [HEAD]: 'b' },
      present: { [HEAD]: 'b', ...present },
      placed: { [HEAD]: ['b'], [TAG]: ['a', 'd'] },
    });

  it('goes when it stands where the mirror has put it and its commits stay', () => {
    expect(gone(left({ [TAG]: 'a' })).updates).toEqual([{ ref: TAG, kind: 'removed', id: undefined, expected: 'a' }]);
  });

  it('stays when its commits would be lost, and when somebody has moved it', () => {
    expect(gone(left({ [TAG]: 'd' }))).toMatchObject({ updates: [], told: [{ ref: TAG, kind: 'kept' }] });
    expect(gone(left({ [TAG]: 'X' }))).toEqual({ updates: [], told: [] });
    expect(gone(left({}))).toEqual({ updates: [], told: [] });
  });

  it('was never ours: a branch that people have made there', () => {
    const facts1 = facts({ wanted: { [HEAD]: 'b' }, present: { [HEAD]: 'b', 'refs/heads/theirs': 'X' } });
    expect(gone(facts1)).toEqual({ updates: [], told: [] });
  });
});
