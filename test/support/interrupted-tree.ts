import type { WorkingTree } from '../../src/vcs/vcs.js';
import type { Desk } from './desk.js';

/** What a run asks of a working tree, in this order. */
export const VERBS = ['snapshot', 'fetch', 'integrate', 'push', 'uncommitted'] as const;

/** Returns a machine's working tree in which something happens just before one of its verbs, once. */
export async function interruptedTree(
  machine: Desk,
  verb: (typeof VERBS)[number],
  happen: () => void,
): Promise<WorkingTree> {
  const tree = await machine.open();
  let due = true;
  const first = <A extends readonly unknown[], R>(call: (...args: A) => R) => {
    return (...args: A): R => {
      if (due) happen();
      due = false;
      return call(...args);
    };
  };
  return { ...tree, [verb]: first(tree[verb] as (...args: readonly unknown[]) => unknown) };
}
