import { basename, posix } from 'node:path';
import type { Quarantined } from '../model/change.js';
import { leftOutAdvice } from '../model/left-out.js';
import type { Conflict } from '../model/outcome.js';
import type { RepoReport } from '../model/report.js';
import type { Notification } from '../notify/notifier.js';
import { counted } from '../system/counted.js';
import { foreign } from '../system/terminal.js';
import { conflictsOf, type Trouble } from './troubles.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NAMED_CONFLICTS = 3;
const NAME_LENGTH = 30;
const TITLE_PATH_LENGTH = 36;
const PATH_LENGTH = 50;

/** Returns the news that something is wrong; `lastedMs` is for how long it has been seen. */
export function troubleNews(report: RepoReport, trouble: Trouble, lastedMs: number): Notification {
  if (trouble.event === 'conflict') return conflictNews(report, conflictsOf(report));
  const lasted = trouble.patience === 'none' ? '' : ` (${duration(lastedMs)})`;
  const lines = [report.why, report.blocked?.hint ?? ''];
  return compose(report, { event: trouble.event, title: `${trouble.title}${lasted}`, lines });
}

/** Returns the news of some conflicts: what became of the first three, and how many more there are. */
export function conflictNews(report: RepoReport, conflicts: readonly Conflict[]): Notification {
  const [only] = conflicts.length === 1 ? conflicts : [];
  const count = conflicts.length > 1 ? counted(conflicts.length, 'conflict') : 'a conflict';
  const more = conflicts.length - NAMED_CONFLICTS;
  return compose(report, {
    event: 'conflict',
    title: only === undefined ? count : `conflict in ${shorten(only.path, TITLE_PATH_LENGTH)}`,
    lines: [...conflicts.slice(0, NAMED_CONFLICTS).map(outcomeOf), more > 0 ? `and ${more} more` : '', report.why],
    paths: conflicts.map(({ path }) => path),
  });
}

/** Returns the news of files that were left out although somebody may count on them, and what he can do. */
export function leftOutNews(report: RepoReport, files: readonly Quarantined[]): Notification {
  const [only] = files.length === 1 ? files : [];
  const more = files.length - NAMED_CONFLICTS;
  const advice = files.map(({ reason }) => leftOutAdvice(report.vcs, reason) ?? '');
  return compose(report, {
    event: 'attention',
    title:
      only === undefined ? `${files.length} files are left out` : `left out: ${shorten(only.path, TITLE_PATH_LENGTH)}`,
    lines: [
      ...files
        .slice(0, NAMED_CONFLICTS)
        .map(({ path, reason }) => `${quoted(path)} (${reason}) stays on this machine alone`),
      more > 0 ? `and ${more} more` : '',
      ...new Set(advice),
    ],
    paths: files.map(({ path }) => path),
  });
}

/** Returns the news that what was announced is over; `lastedMs` is for how long it was seen. */
export const recoveredNews = (report: RepoReport, lastedMs: number): Notification =>
  compose(report, { event: 'recovered', title: `in sync again after ${duration(lastedMs)}` });

/** Returns the news of files that came in from other machines. */
export const incomingNews = (report: RepoReport): Notification =>
  compose(report, { event: 'incoming', title: `${counted(report.integrate.files, 'file')} came in` });

/** What differs from one notification to the next. */
type Parts = Pick<Notification, 'event' | 'title'> & {
  readonly lines?: readonly string[];
  readonly paths?: readonly string[];
};

/** Names, and the words of git and the hub, come from anywhere: none of them may bring a line of its own. */
function compose(report: RepoReport, { event, title, lines = [], paths = [] }: Parts): Notification {
  const told = lines.map(foreign).filter((line) => line !== '');
  return {
    event,
    repo: report.path,
    title: foreign(`${shorten(basename(report.path), NAME_LENGTH)}: ${title}`),
    body: [...new Set(told), statusCommand(report.path)].join('\n'),
    paths,
  };
}

function outcomeOf(conflict: Conflict): string {
  const path = quoted(conflict.path);
  const kept = conflict.kept ? quoted(conflict.kept) : '';
  const copy = conflict.copy ? quoted(besides(conflict.path, conflict.copy)) : '';
  if (copy === '') return kept === '' ? `${path} was changed on both sides` : `${kept} stays`;
  return kept === '' ? `${path} is now ${copy}` : `${kept} stays, the other version is ${copy}`;
}

const quoted = (path: string): string => `'${shorten(path, PATH_LENGTH)}'`;

/** A copy in the same folder needs no more than its name. */
const besides = (path: string, copy: string): string =>
  posix.dirname(copy) === posix.dirname(path) ? posix.basename(copy) : copy;

/** A path that would have to be quoted, or escaped by a notifier, could not be pasted: then the command goes without. */
const statusCommand = (path: string): string =>
  /^[\p{L}\p{N}_.,:@%+=/-]{1,100}$/u.test(path) ? `autosync status ${path}` : 'autosync status';

/** Keeps the end of a path, which says more than its beginning. */
function shorten(path: string, length: number): string {
  const characters = [...path];
  return characters.length <= length ? path : `…${characters.slice(1 - length).join('')}`;
}

function duration(milliseconds: number): string {
  const minutes = Math.max(1, Math.floor(milliseconds / MINUTE_MS));
  if (minutes < 90) return counted(minutes, 'minute');
  const hours = Math.floor(milliseconds / HOUR_MS);
  return hours < 48 ? counted(hours, 'hour') : counted(Math.floor(hours / 24), 'day');
}
