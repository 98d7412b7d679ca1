import type { LogEntry } from '../store/log.js';
import { printable } from '../system/printable.js';
import { colour, foreign } from '../system/terminal.js';
import { clippedPath, textWidth } from '../system/text-width.js';
import { localTime, relativeTime } from '../system/time-words.js';
import { isVerdict, shownPath, shownVerdict, table } from './render.js';

/** How the time of an entry is told: how long ago, by this machine's clock, or in UTC. */
export type LogTimes = 'relative' | 'local' | 'utc';

/** What the lines are made for: the time now, and how wide the terminal is, undefined where there is none. */
export type LogView = { readonly now: number; readonly columns: number | undefined; readonly times: LogTimes };

/** On a terminal a path takes no more than a third of a line. */
const PATH_SHARE = 3;

/** Returns a line for each entry, in columns. */
export function logLines(entries: readonly LogEntry[], { now, columns, times }: LogView): readonly string[] {
  const most = columns === undefined ? Number.POSITIVE_INFINITY : Math.floor(columns / PATH_SHARE);
  return table(
    entries.map((entry) => [
      colour('dim', timeOf(entry.at, now, times)),
      clippedPath(shownPath(entry.repo), most),
      shownEvent(entry),
      detail(entry),
    ]),
  );
}

function timeOf(at: string, now: number, times: LogTimes): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return printable(at);
  if (times === 'relative') return relativeTime(time, now);
  return times === 'local'
    ? localTime(time)
    : new Date(time)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, 'Z');
}

/** As wide as the longest verdict: lines that are shown one by one stay in columns, too. */
const EVENT_WIDTH = 'attention'.length;

function shownEvent(entry: LogEntry): string {
  const what = text(entry['verdict']) ?? (entry.event === 'notification' ? 'told' : entry.event);
  const shown = isVerdict(what) ? shownVerdict(what) : printable(what);
  return shown + ' '.repeat(Math.max(0, EVENT_WIDTH - textWidth(what)));
}

/** Says what happened: why it is not well, what was committed, what came in and what went out. */
function detail(entry: LogEntry): string {
  const parts = [text(entry['why']), subject(entry), ...transfers(entry), text(entry['title'])];
  return foreign(parts.filter((part) => part !== undefined && part !== '').join('; '));
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The first line of what was committed; a run that committed nothing has a single word there. */
function subject(entry: LogEntry): string | undefined {
  const line = text(entry['commit'])?.split('\n')[0];
  return line === undefined || /^(clean|skipped|refused)$/.test(line) ? undefined : line;
}

function transfers(entry: LogEntry): readonly string[] {
  const came = member(entry['integrate'], 'files');
  const went = member(entry['push'], 'commits');
  return [
    ...(came > 0 ? [`${came} ${came === 1 ? 'file' : 'files'} came in`] : []),
    ...(went > 0 ? [`pushed ${went} ${went === 1 ? 'commit' : 'commits'}`] : []),
  ];
}

function member(value: unknown, name: string): number {
  if (typeof value !== 'object' || value === null) return 0;
  const found: unknown = Reflect.get(value, name);
  return typeof found === 'number' ? found : 0;
}
