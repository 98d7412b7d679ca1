import type { Quarantined } from '../model/change.js';
import { leftOutAdvice } from '../model/left-out.js';
import type { Conflict } from '../model/outcome.js';
import type { Settings } from '../model/repo.js';
import type { RepoReport, Verdict } from '../model/report.js';
import type { Notification } from '../notify/notifier.js';
import { conflictNews, incomingNews, leftOutNews, recoveredNews, troubleNews } from './news.js';
import { conflictsOf, findTroubles, type Patience, type Trouble } from './troubles.js';

/** A trouble as it is remembered from one run to the next; times are milliseconds since 1970. */
export type RememberedTrouble = {
  readonly key: string;
  /** The first run that saw it, with no run since that did not. */
  readonly since: number;
  /** The last run that saw it. */
  readonly seenAt: number;
  /** When it was announced; null while it is not news yet. */
  readonly announcedAt: number | null;
};

/** What a person has been told about a repository: plain JSON, kept in the repository's state. */
export type AnnouncedState = {
  readonly troubles: readonly RememberedTrouble[];
  /** The conflicts of the last run that had any: each one's copy, or its path where there is none. */
  readonly conflicts: readonly string[];
  /** Paths of which a person was told that they are left out; one that is taken, or gone, is forgotten. */
  readonly leftOut?: readonly string[];
};

/** The state of a repository about which nothing has been said. */
export const NOTHING_ANNOUNCED: AnnouncedState = { troubles: [], conflicts: [] };

/** What the decision rests on. */
export type AnnounceRequest = {
  readonly previous: AnnouncedState;
  readonly report: RepoReport;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly settings: Pick<Settings, 'notifyIncoming' | 'offlineNewsHours'>;
};

/** What to say now, if anything, and what to remember of it, to be written first. */
export type Announcement = { readonly notification?: Notification; readonly remember: AnnouncedState };

/** These runs did not look: they neither find a trouble nor end one. */
const SILENT: readonly Verdict[] = ['skipped', 'paused'];

const HOUR_MS = 3_600_000;

/** Of more nobody is told one by one. */
const MOST_LEFT_OUT = 200;

/**
 * Decides what of a run is news: a trouble once when it starts (for some, once it has lasted) and once when a run
 * finds everything in sync again, each conflict once. There is one notification for a run: what else is news is said
 * after the next one, unless it is over by then.
 */
export function announce(request: AnnounceRequest): Announcement {
  const { previous, report } = request;
  if (SILENT.includes(report.verdict)) return { remember: previous };
  const found = findTroubles(report);
  const leftOut = followLeftOut(request);
  const kept = leftOut.length === 0 ? {} : { leftOut };
  const remember = { troubles: follow(request, found), conflicts: followConflicts(request), ...kept };
  const fresh = freshConflicts(previous, report);
  if (fresh.length > 0) return told(request, remember, 'conflict', conflictNews(report, fresh));
  const news = found.find((trouble) => isNews(request, trouble));
  if (news !== undefined) return told(request, remember, news.key, troubleNews(report, news, lasted(request, news)));
  const surprising = worthTelling(report).filter(({ path }) => !leftOut.includes(path));
  if (surprising.length > 0) {
    const all = [...leftOut, ...surprising.map(({ path }) => path)];
    return { notification: leftOutNews(report, surprising), remember: { ...remember, leftOut: all } };
  }
  if (report.verdict === 'synced' && remember.troubles.length > 0) {
    const since = Math.min(...remember.troubles.map((trouble) => trouble.since));
    return { notification: recoveredNews(report, request.now - since), remember: { ...remember, troubles: [] } };
  }
  if (request.settings.notifyIncoming && cameIn(report)) return { notification: incomingNews(report), remember };
  return { remember };
}

/** A trouble that is news stays remembered until all is well; one that is not yet is forgotten by a run without it. */
function follow({ previous, now }: AnnounceRequest, found: readonly Trouble[]): readonly RememberedTrouble[] {
  const keys = found.map(({ key }) => key);
  const others = previous.troubles.filter(({ key, announcedAt }) => announcedAt !== null && !keys.includes(key));
  const seen = keys.map((key) => {
    const known = previous.troubles.find((trouble) => trouble.key === key);
    // A clock that was set back must not keep a trouble secret.
    const since = Math.min(known?.since ?? now, now);
    return { key, since, seenAt: now, announcedAt: known?.announcedAt ?? null };
  });
  return [...others, ...seen];
}

/** Returns the conflicts of a run that the one before did not have. */
export function freshConflicts(previous: Pick<AnnouncedState, 'conflicts'>, report: RepoReport): readonly Conflict[] {
  if (SILENT.includes(report.verdict)) return [];
  const known = new Set(previous.conflicts);
  return conflictsOf(report).filter((conflict) => !known.has(nameOf(report, conflict)));
}

function followConflicts({ previous, report }: AnnounceRequest): readonly string[] {
  const conflicts = conflictsOf(report);
  if (conflicts.length > 0) return conflicts.map((conflict) => nameOf(report, conflict));
  return report.verdict === 'synced' ? [] : previous.conflicts;
}

/** Returns what was left out that a person can do something about. */
const worthTelling = ({ vcs, quarantined }: RepoReport): readonly Quarantined[] =>
  quarantined.filter(({ reason }) => leftOutAdvice(vcs, reason) !== undefined).slice(0, MOST_LEFT_OUT);

/** Returns the paths that were told of and are left out still; a run that was held up before it looked says nothing. */
function followLeftOut({ previous, report }: AnnounceRequest): readonly string[] {
  const told = previous.leftOut ?? [];
  if (report.quarantined.length === 0 && report.verdict !== 'synced') return told;
  const now = new Set(worthTelling(report).map(({ path }) => path as string));
  return told.filter((path) => now.has(path));
}

/** A copy that would be made has another name after each save: what waits is known by its path. */
const nameOf = ({ integrate }: RepoReport, { path, copy }: Conflict): string =>
  (integrate.kind === 'paused' ? undefined : copy) || path;

function isNews({ previous, now, settings }: AnnounceRequest, { key, patience }: Trouble): boolean {
  const known = previous.troubles.find((trouble) => trouble.key === key);
  if (known !== undefined && known.announcedAt !== null) return false;
  return patience === 'none' || (known !== undefined && isOverdue(known, patience, { now, settings }));
}

function isOverdue(
  { since, seenAt }: RememberedTrouble,
  patience: Exclude<Patience, 'none'>,
  { now, settings }: Pick<AnnounceRequest, 'now' | 'settings'>,
): boolean {
  switch (patience) {
    case 'second-run':
      return true;
    case 'an-hour':
      return now - since > HOUR_MS;
    case 'offline-hours':
      // Up to the run before this one: a machine that wakes up has had no network for the night, and has it in a minute.
      return seenAt - since >= settings.offlineNewsHours * HOUR_MS;
  }
}

const lasted = ({ previous, now }: AnnounceRequest, { key }: Trouble): number =>
  now - (previous.troubles.find((trouble) => trouble.key === key)?.since ?? now);

function told(
  { now }: AnnounceRequest,
  remember: AnnouncedState,
  key: string,
  notification: Notification,
): Announcement {
  const troubles = remember.troubles.map((trouble) =>
    trouble.key === key ? { ...trouble, announcedAt: now } : trouble,
  );
  return { notification, remember: { ...remember, troubles } };
}

const cameIn = ({ integrate }: RepoReport): boolean =>
  integrate.files > 0 && (integrate.kind === 'fast-forwarded' || integrate.kind === 'merged');

/** Reads a remembered state back from JSON; anything that is not one counts as nothing announced. */
export function readAnnounced(value: unknown): AnnouncedState {
  if (typeof value !== 'object' || value === null || !('troubles' in value) || !('conflicts' in value)) {
    return NOTHING_ANNOUNCED;
  }
  const { troubles, conflicts } = value;
  if (!Array.isArray(troubles) || !Array.isArray(conflicts)) return NOTHING_ANNOUNCED;
  const leftOut = 'leftOut' in value && Array.isArray(value.leftOut) ? value.leftOut.filter(isText) : [];
  return {
    troubles: troubles.filter(isRemembered),
    conflicts: conflicts.filter(isText),
    ...(leftOut.length === 0 ? {} : { leftOut }),
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';

function isRemembered(value: unknown): value is RememberedTrouble {
  if (typeof value !== 'object' || value === null) return false;
  if (!('key' in value && 'since' in value && 'seenAt' in value && 'announcedAt' in value)) return false;
  const { key, since, seenAt, announcedAt } = value;
  const times = [since, seenAt, announcedAt ?? 0];
  return typeof key === 'string' && times.every((time) => typeof time === 'number');
}
