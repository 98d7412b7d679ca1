import type { Quarantined } from '../model/change.js';
import { leftOutAdvice } from '../model/left-out.js';
import type { RepoReport, Verdict } from '../model/report.js';
import { homeFolder } from '../system/environment.js';
import { printable } from '../system/printable.js';
import { colour, foreign } from '../system/terminal.js';

/** Lays out rows in columns as wide as they need to be; the last column is as long as it is. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, visibleLength(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, at) => padded(cell, at === row.length - 1 ? 0 : (widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours
const visibleLength = (text: string): number => [...text.replaceAll(/\u001b\[\d+m/g, '')].length;
const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - visibleLength(text)));

/** Shows a path as a person writes it: `~` for the home folder, nothing that could steer the terminal. */
export function shownPath(path: string): string {
  const home = homeFolder();
  return printable(path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path);
}

const UNITS: readonly (readonly [number, string])[] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** Says how far away a time is: `3 minutes ago`, `in 2 hours`, `now`; times are milliseconds since 1970. */
export function relativeTime(at: number, now: number): string {
  const seconds = Math.round(Math.abs(at - now) / 1000);
  const [size, unit] = UNITS.find(([length]) => seconds >= length) ?? [1, 'second'];
  const count = Math.floor(seconds / size);
  if (count === 0) return 'now';
  const text = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return at > now ? `in ${text}` : `${text} ago`;
}

const COLOURS: Readonly<Record<Verdict, 'green' | 'yellow' | 'red' | 'dim'>> = {
  synced: 'green',
  paused: 'dim',
  skipped: 'dim',
  offline: 'yellow',
  conflict: 'red',
  blocked: 'yellow',
  attention: 'red',
  failed: 'red',
};

/** Returns a verdict in its colour. */
export const shownVerdict = (verdict: Verdict): string => colour(COLOURS[verdict], verdict);

/** Tells in a few lines what a run did in one repository. */
export function describeReport(report: RepoReport): readonly string[] {
  const { push, quarantined } = report;
  const why = report.why === '' ? '' : ` — ${foreign(report.why)}`;
  return [
    `${shownPath(report.path)}: ${shownVerdict(report.verdict)}${why}`,
    ...describeCommit(report),
    ...describeIntegration(report),
    ...(push.kind === 'pushed' ? [`  pushed     ${count(push.commits, 'commit')}`] : []),
    ...quarantined.flatMap((left) => describeLeftOut(report.vcs, left)),
  ];
}

/** Names a path that was left out, and what can be done about it. */
function describeLeftOut(vcs: RepoReport['vcs'], { path, reason }: Quarantined): readonly string[] {
  const advice = leftOutAdvice(vcs, reason);
  return [`  left out   ${printable(path)} (${reason})`, ...(advice === undefined ? [] : [`             ${advice}`])];
}

function describeCommit({ commit }: RepoReport): readonly string[] {
  if (commit.kind === 'committed') return [`  committed  ${foreign(firstLine(commit.message ?? ''))}`];
  if (commit.kind !== 'skipped') return [];
  return commit.changes.map((change) => {
    const names = change.type === 'renamed' ? `${change.from} → ${change.path}` : change.path;
    return `  would take ${change.type} ${printable(names)}`;
  });
}

function describeIntegration({ integrate }: RepoReport): readonly string[] {
  const { kind, files, conflicts } = integrate;
  const words = { merged: 'merged    ', 'fast-forwarded': 'brought in' } as const;
  const arrived = kind === 'merged' || kind === 'fast-forwarded' ? [`  ${words[kind]} ${count(files, 'file')}`] : [];
  const settled = conflicts.map(({ path, kind: what, kept, copy }) => {
    const both = copy === undefined ? '' : `: kept '${printable(kept ?? path)}' and '${printable(copy)}'`;
    return `  conflict   ${printable(path)} (${what})${both}`;
  });
  return [...arrived, ...settled];
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

/** Says how many there are of something. */
const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`;
