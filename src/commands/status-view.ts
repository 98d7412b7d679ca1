import { printable } from '../system/printable.js';
import { colour, foreign } from '../system/terminal.js';
import { clipped, clippedPath, textWidth } from '../system/text-width.js';
import { relativeTime } from '../system/time-words.js';
import { shownPath, shownVerdict, table } from './render.js';
import type { StatusRow } from './status-row.js';

/** What a table is made for: the time now, and how wide the terminal is, undefined where there is none. */
export type StatusView = { readonly now: number; readonly columns: number | undefined };

const COLUMNS = ['repository', 'branch', 'verdict', 'last good run', 'next run', 'waiting'] as const;

type Column = (typeof COLUMNS)[number];
type Cells = Readonly<Record<Column, string>>;

/** What a narrow terminal does without, one step after the other. */
const LAYOUTS: readonly (readonly Column[])[] = [
  COLUMNS,
  COLUMNS.filter((name) => name !== 'branch'),
  COLUMNS.filter((name) => name !== 'branch' && name !== 'next run'),
];

const GAP = 2;
/** A path that is cut to less than this is worth a column elsewhere. */
const FAIR_PATH = 20;
const LEAST_PATH = 8;
const MOST_BRANCH = 24;

/** Returns the table that `autosync status` shows: what needs the person first, the rest by name. */
export function statusLines(rows: readonly StatusRow[], { now, columns }: StatusView): readonly string[] {
  if (rows.length === 0) return ['no repository is installed; autosync install <repo>'];
  const sorted = [...rows].sort(byNeed);
  const head: Cells = titles();
  const cells = [head, ...sorted.map((row) => cellsOf(row, now))];
  const [first = '', ...lines] = table(fitted(cells, columns));
  const shown = lines.flatMap((line, at) => [line, ...sorted.slice(at, at + 1).flatMap(beneath)]);
  return [colour('dim', first), ...shown, ...summary(rows)];
}

const titles = (): Cells => ({
  repository: 'repository',
  branch: 'branch',
  verdict: 'verdict',
  'last good run': 'last good run',
  'next run': 'next run',
  waiting: 'waiting',
});

function byNeed(one: StatusRow, other: StatusRow): number {
  const need = Number(one.todo === null) - Number(other.todo === null);
  return need !== 0 ? need : one.path < other.path ? -1 : Number(one.path > other.path);
}

const cellsOf = (row: StatusRow, now: number): Cells => ({
  repository: shownPath(row.path),
  branch: clipped(printable(row.branch), MOST_BRANCH),
  verdict: verdictCell(row.verdict),
  'last good run': row.lastGoodRunAt === null ? 'never' : relativeTime(Date.parse(row.lastGoodRunAt), now),
  'next run': nextRunCell(row, now),
  waiting: waiting(row),
});

function verdictCell(verdict: StatusRow['verdict']): string {
  if (verdict === 'never-ran') return 'never ran';
  return verdict === 'pending' ? colour('cyan', verdict) : shownVerdict(verdict);
}

function nextRunCell({ verdict, nextRunAt, pausedUntil }: StatusRow, now: number): string {
  if (verdict === 'paused') {
    const until = Date.parse(pausedUntil ?? '');
    return Number.isNaN(until) ? 'once resumed' : relativeTime(until, now);
  }
  return nextRunAt === null ? '-' : relativeTime(Math.max(Date.parse(nextRunAt), now), now);
}

function waiting({ unpushed, uncommitted, conflicts, quarantined }: StatusRow): string {
  if (uncommitted === null) return 'cannot be looked at';
  const parts: readonly (readonly [number | null, string])[] = [
    [conflicts, conflicts === 1 ? 'conflict' : 'conflicts'],
    [Math.max(0, uncommitted - quarantined), 'to commit'],
    [unpushed, 'to push'],
    [quarantined, 'left out'],
  ];
  return parts.flatMap(([count, what]) => (count === null || count === 0 ? [] : [`${count} ${what}`])).join(', ');
}

/** Returns the cells of the columns for which there is room; the path gives way first, and what waits last. */
function fitted(rows: readonly Cells[], columns: number | undefined): readonly (readonly string[])[] {
  const widthOf = (name: Column): number => Math.max(...rows.map((row) => textWidth(row[name])));
  const roomFor = (names: readonly Column[]): number => {
    if (columns === undefined) return Number.POSITIVE_INFINITY;
    const others = names.filter((name) => name !== 'repository').map(widthOf);
    return columns - others.reduce((sum, width) => sum + width + (width === 0 ? 0 : GAP), 0);
  };
  const wanted = Math.min(widthOf('repository'), FAIR_PATH);
  const names = LAYOUTS.find((layout) => roomFor(layout) >= wanted) ?? LAYOUTS.at(-1) ?? COLUMNS;
  const path = Math.max(LEAST_PATH, roomFor(names));
  const last = widthOf('waiting') + Math.min(0, roomFor(names) - LEAST_PATH);
  return rows.map((row) =>
    names.map((name) => {
      if (name === 'repository') return clippedPath(row[name], path);
      return name === 'waiting' ? clipped(row[name], last) : row[name];
    }),
  );
}

/** What is to be done, or else why it is as it is; a command in it stays whole, however narrow the terminal is. */
function beneath({ todo, why, verdict, leftOut }: StatusRow): readonly string[] {
  const out = leftOut.map(({ path, reason, advice }) =>
    colour('dim', `  left out '${printable(path)}' (${reason}): ${foreign(advice)}`),
  );
  if (todo !== null) return [`  ${colour('yellow', '→')} ${foreign(todo)}`, ...out];
  return why === '' || verdict === 'paused' ? out : [colour('dim', `  ${foreign(why)}`), ...out];
}

function summary(rows: readonly StatusRow[]): readonly string[] {
  if (rows.length === 1) return [];
  const needs = rows.filter(({ todo }) => todo !== null).length;
  const many = `${rows.length} repositories`;
  if (needs === 0) return [`${many}, none needs you`];
  return [`${many}, ${colour('yellow', needs === 1 ? '1 needs you' : `${needs} need you`)}`];
}
