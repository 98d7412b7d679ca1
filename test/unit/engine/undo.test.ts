import { describe, expect, it } from 'vitest';
import { chooseRuns, planUndo } from '../../../src/engine/undo.js';
import { asRelative } from '../../../src/model/paths.js';
import type { Run } from '../../../src/store/runs.js';
import type { TreeDifference } from '../../../src/vcs/placement/plan.js';
import type { Versions } from '../../../src/vcs/versions.js';

/** A tree as it stood at a commit: the commit's name, and what each path held. */
type Trees = Readonly<Record<string, Readonly<Record<string, string>>>>;

const content = (text: string | undefined): TreeDifference['old'] =>
  text === undefined ? undefined : { id: text, mode: '100644' };

/** A history that is only looked at. */
const historyOf = (trees: Trees): Versions => ({
  list: async () => [],
  recent: async () => [],
  find: async (moment) =>
    moment.kind === 'revision' && moment.id in trees
      ? { id: moment.id, at: 0, author: '', machine: undefined, message: '' }
      : undefined,
  entries: async () => [],
  differences: async (from, to) => {
    const [before = {}, after = {}] = [trees[from], trees[to]];
    const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return paths
      .filter((path) => before[path] !== after[path])
      .map((path) => ({ path: asRelative(path), old: content(before[path]), new: content(after[path]) }));
  },
  read: async () => undefined,
  ancestor: async () => undefined,
  hubHead: async () => undefined,
  copies: async () => [],
  revise: async () => ({ kind: 'unchanged' }),
});

const run = (from: string, to: string, branch = 'main'): Run => ({ kind: 'run', at: 0, branch, from, to });

const undone = async (trees: Trees, head: string, ...runs: readonly Run[]): Promise<unknown> => {
  const { changes, kept } = await planUndo(historyOf(trees), { head }, runs);
  return { changes: changes.map(({ path, kind }) => `${kind} ${path}`), kept };
};

describe('planUndo', () => {
  it('puts back what was changed, brings back what was removed, takes away what was added', async () => {
    const trees = { one: { a: '1', b: '1', c: '1' }, two: { a: '2', c: '1', d: '2' } };
    expect(await undone(trees, 'two', run('one', 'two'))).toEqual({
      changes: ['put back a', 'brought back b', 'taken away d'],
      kept: [],
    });
  });

  it('leaves alone, and names, what was changed since', async () => {
    const trees = { one: { a: '1', b: '1' }, two: { a: '2', b: '2' }, now: { a: '2', b: '3' } };
    expect(await undone(trees, 'now', run('one', 'two'))).toEqual({ changes: ['put back a'], kept: ['b'] });
  });

  it('goes back over several runs, but not over what was done by hand between them', async () => {
    const trees = {
      one: { a: '1', b: '1' },
      two: { a: '2', b: '2' },
      hand: { a: '2', b: 'hand' },
      three: { a: '3', b: '3' },
    };
    const plan = await planUndo(historyOf(trees), { head: 'three' }, [run('hand', 'three'), run('one', 'two')]);
    const to = Object.fromEntries(
      plan.edits.map(({ path, to: wanted }) => [path, wanted.kind === 'version' ? wanted.revision : wanted.kind]),
    );
    expect(to).toEqual({ a: 'one', b: 'hand' });
  });

  it('does nothing where all is as it was before', async () => {
    const trees = { one: { a: '1' }, two: { a: '2' }, three: { a: '1' } };
    const plan = await planUndo(historyOf(trees), { head: 'three' }, [run('two', 'three'), run('one', 'two')]);
    expect(plan.edits).toEqual([]);
  });

  it('says so where the history was rewritten since', async () => {
    await expect(planUndo(historyOf({ now: {} }), { head: 'now' }, [run('gone', 'now')])).rejects.toThrow(/rewritten/);
  });
});

describe('chooseRuns', () => {
  const runs = [run('a', 'b'), run('b', 'c'), run('x', 'y', 'other'), run('c', 'd')];

  it('takes the last of a branch, newest first', () => {
    expect(chooseRuns(runs, 'main', { kind: 'last', count: 2 })).toEqual([runs[3], runs[1]]);
    expect(chooseRuns(runs, 'main', { kind: 'last', count: 9 })).toHaveLength(3);
  });

  it('takes a single one by where it ended', () => {
    expect(chooseRuns(runs, 'main', { kind: 'run', id: 'c' })).toEqual([runs[1]]);
  });

  it('refuses what was never done, and what was done on another branch', () => {
    expect(() => chooseRuns(runs, 'main', { kind: 'run', id: 'y' })).toThrow(/no run/);
    expect(() => chooseRuns(runs, 'new', { kind: 'last', count: 1 })).toThrow(/nothing was done/);
  });
});
