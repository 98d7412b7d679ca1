import type { Quarantined } from '../model/change.js';
import type { AutosyncError } from '../model/errors.js';
import { leftOutAdvice } from '../model/left-out.js';
import type { RepoReport, Verdict } from '../model/report.js';
import { homeFolder } from '../system/environment.js';
import { printable } from '../system/printable.js';
import { colour, foreign, warn } from '../system/terminal.js';
import { padded, textWidth } from '../system/text-width.js';

/** Lays out rows in columns as wide as they need to be; the last column is as long as it is. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, textWidth(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, at) => padded(cell, at === row.length - 1 ? 0 : (widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** Shows a path as a person writes it: `~` for the home folder, nothing that could steer the terminal. */
export function shownPath(path: string): string {
  const home = homeFolder();
  return printable(path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path);
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

/** Tells whether a word is a verdict. */
export const isVerdict = (word: string): word is Verdict => Object.hasOwn(COLOURS, word);

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
    ...(report.subrepositories ?? []).flatMap((inner) => describeReport(inner).map((line) => `  ${line}`)),
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

/** Returns the first line of a message: the event. */
export const firstLine = (text: string): string => text.split('\n')[0] ?? '';

/** Shows enough of a commit's id. */
export const shownId = (id: string): string => id.slice(0, 12);

/** Shows a time (milliseconds since 1970) so that it can be pasted where one is asked for. */
export const shownTime = (at: number): string =>
  new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');

/** Says how many there are of something. */
const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`;

/** Says on standard error what went wrong with one thing of several, and how to mend it. */
export function warnOf({ message, hints }: AutosyncError): void {
  warn(`autosync: ${foreign(message)}`);
  for (const hint of hints) warn(`  ${foreign(hint)}`);
}
