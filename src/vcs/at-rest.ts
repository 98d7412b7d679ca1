import type { Stats } from 'node:fs';

/** After so many runs in a row a file that never rests is taken as it is. */
const MAX_RUNS = 5;

/** Tells whether two looks at a path saw the same thing. */
export function isSame(before: Stats | undefined, after: Stats | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  return (
    before.size === after.size &&
    before.mtimeMs === after.mtimeMs &&
    before.ctimeMs === after.ctimeMs &&
    before.ino === after.ino &&
    before.mode === after.mode
  );
}

/** Tells whether a file that has not come to rest is taken all the same. */
export const isTakenAnyway = (path: string, stillChanging: Readonly<Record<string, number>>): boolean =>
  (stillChanging[path] ?? 0) >= MAX_RUNS;
