import { availableParallelism } from 'node:os';

/** Each piece of work starts programs of its own: more at once would only wait for each other. */
const MOST = 4;

/** Works on many things, a few at a time as the processors allow, and returns what came of each, in order. */
export async function fewAtATime<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of waiting) results[at] = await work(item);
  };
  const width = Math.min(items.length, MOST, 2 * availableParallelism());
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
