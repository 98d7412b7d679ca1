import { diffArrays, diffWordsWithSpace } from 'diff';

/** A piece of a line; `differs` where the other side has something else. */
export type Piece = { readonly text: string; readonly differs: boolean };

/** A line with its number in its file. */
export type NumberedLine = { readonly number: number; readonly pieces: readonly Piece[] };

/** A row of two versions side by side: a line of each, of one alone, or how many lines are the same and left out. */
export type DiffRow =
  | { readonly kind: 'same' | 'changed'; readonly left: NumberedLine; readonly right: NumberedLine }
  | { readonly kind: 'left'; readonly left: NumberedLine }
  | { readonly kind: 'right'; readonly right: NumberedLine }
  | { readonly kind: 'gap'; readonly lines: number };

/** Two versions side by side: rows, how many more there are, or that the two have too little in common. */
export type SideBySide =
  | { readonly kind: 'rows'; readonly rows: readonly DiffRow[]; readonly more: number }
  | { readonly kind: 'too-different' };

const CONTEXT = 3;
const MOST_ROWS = 400;
/** Insertions and removals; the work grows with the square of it. */
const MOST_EDITS = 1_000;
const MOST_WORD_EDITS = 200;
const MOST_LINE = 300;

/** Compares two texts line by line, and within lines that stand side by side word by word. */
export function sideBySide(left: string, right: string): SideBySide {
  const found = diffArrays(linesOf(left), linesOf(right), { maxEditLength: MOST_EDITS });
  if (found === undefined) return { kind: 'too-different' };
  const rows = withGaps(rowsOf(found));
  return { kind: 'rows', rows: rows.slice(0, MOST_ROWS), more: Math.max(0, rows.length - MOST_ROWS) };
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

type Part = { readonly value: readonly string[]; readonly added?: boolean; readonly removed?: boolean };

function rowsOf(parts: readonly Part[]): readonly DiffRow[] {
  const rows: DiffRow[] = [];
  let removed: readonly string[] = [];
  let [leftAt, rightAt] = [0, 0];
  const pair = (added: readonly string[]): void => {
    for (let at = 0; at < Math.max(removed.length, added.length); at += 1) {
      const [old, fresh] = [removed[at], added[at]];
      if (old !== undefined) leftAt += 1;
      if (fresh !== undefined) rightAt += 1;
      rows.push(rowOf({ old, fresh, leftAt, rightAt }));
    }
    removed = [];
  };
  for (const { value, ...part } of parts) {
    if (part.added === true) pair(value);
    else {
      pair([]);
      if (part.removed === true) removed = value;
      else for (const line of value) rows.push(sameRow(line, ++leftAt, ++rightAt));
    }
  }
  pair([]);
  return rows;
}

type Pair = {
  readonly old: string | undefined;
  readonly fresh: string | undefined;
  readonly leftAt: number;
  readonly rightAt: number;
};

function rowOf({ old, fresh, leftAt, rightAt }: Pair): DiffRow {
  if (fresh === undefined) return { kind: 'left', left: { number: leftAt, pieces: whole(old ?? '') } };
  if (old === undefined) return { kind: 'right', right: { number: rightAt, pieces: whole(fresh) } };
  const [left, right] = words(clip(old), clip(fresh));
  return { kind: 'changed', left: { number: leftAt, pieces: left }, right: { number: rightAt, pieces: right } };
}

function sameRow(line: string, left: number, right: number): DiffRow {
  const pieces = whole(line);
  return { kind: 'same', left: { number: left, pieces }, right: { number: right, pieces } };
}

const whole = (line: string): readonly Piece[] => [{ text: clip(line), differs: false }];

/** Cuts between characters, never within one. */
const clip = (line: string): string =>
  line.length <= MOST_LINE ? line : `${[...line.slice(0, MOST_LINE)].slice(0, -1).join('')}…`;

function words(old: string, fresh: string): readonly [readonly Piece[], readonly Piece[]] {
  const found = diffWordsWithSpace(old, fresh, { maxEditLength: MOST_WORD_EDITS });
  if (found === undefined) return [whole(old), whole(fresh)];
  const side = (other: 'added' | 'removed'): readonly Piece[] =>
    found
      .filter((part) => part[other] !== true)
      .map(({ value, ...part }) => ({ text: value, differs: part.added === true || part.removed === true }));
  return [side('added'), side('removed')];
}

/** Leaves out what is the same on both sides, but for a few lines around each change. */
function withGaps(rows: readonly DiffRow[]): readonly DiffRow[] {
  const keep = new Set<number>();
  for (const [at, { kind }] of rows.entries()) {
    if (kind === 'same') continue;
    for (let near = at - CONTEXT; near <= at + CONTEXT; near += 1) keep.add(near);
  }
  const shown: DiffRow[] = [];
  let left = 0;
  for (const [at, row] of rows.entries()) {
    if (keep.has(at)) {
      if (left > 0) shown.push({ kind: 'gap', lines: left });
      left = 0;
      shown.push(row);
    } else left += 1;
  }
  if (left > 0) shown.push({ kind: 'gap', lines: left });
  return shown;
}
