import { commitMessages } from '../engine/commit-message.js';
import { uncommittedInside } from '../engine/uncommitted-inside.js';
import { isPaused } from '../engine/visit.js';
import { leftOutAdvice } from '../model/left-out.js';
import type { Conflict } from '../model/outcome.js';
import type { RegisteredRepo } from '../model/repo.js';
import type { RepoReport, Verdict } from '../model/report.js';
import { nextDue } from '../scheduler/due.js';
import { type RepoState, readState } from '../store/state.js';
import { isFolder } from '../system/files.js';
import { isoTime } from '../system/time-words.js';
import { systemOf } from '../vcs/index.js';
import type { Look } from '../vcs/vcs.js';
import { slotOf } from './entry.js';
import { openTree } from './targets.js';
import type { Wiring } from './wiring.js';

/** How one repository stands; times are ISO 8601, null when there was none. */
export type StatusRow = {
  readonly path: string;
  readonly vcs: string;
  readonly branch: string;
  /** The last run's verdict; `pending` when that was `synced` and something has been saved or committed since. */
  readonly verdict: Verdict | 'never-ran' | 'pending';
  readonly why: string;
  readonly lastRunAt: string | null;
  readonly lastGoodRunAt: string | null;
  readonly nextRunAt: string | null;
  readonly pausedUntil: string | null;
  readonly failures: number;
  /** Commits that the hub does not have, as far as is known here; null when that cannot be told. */
  readonly unpushed: number | null;
  /** Paths that differ from the last commit now; null when that cannot be told. */
  readonly uncommitted: number | null;
  /** Conflicts of the last run, and of those before that hold the repository up. */
  readonly conflicts: number;
  readonly quarantined: number;
  /** Those of them that a person can do something about, and what; at most the first three. */
  readonly leftOut: readonly { readonly path: string; readonly reason: string; readonly advice: string }[];
  /** What the person has to do, null when autosync goes on by itself. */
  readonly todo: string | null;
};

/** Returns how a repository stands: what the last run found, and what one look at the working tree says now. */
export async function statusRow(wiring: Wiring, repo: RegisteredRepo, scheduled: boolean): Promise<StatusRow> {
  const state = readState(wiring.locations, repo.id);
  const now = wiring.engine.clock.now();
  const { lastReport: report, lastRunAt, lastGoodRunAt } = state;
  const live = isFolder(repo.path) ? await look(wiring, repo) : undefined;
  const verdict = verdictOf({ repo, state, now, live });
  return {
    path: repo.path,
    vcs: repo.vcs,
    branch: live?.branch ?? report?.branch ?? '',
    verdict,
    why: report?.why ?? '',
    lastRunAt: isoTime(lastRunAt),
    lastGoodRunAt: isoTime(lastGoodRunAt),
    nextRunAt: scheduled && verdict !== 'paused' ? isoTime(nextRun(repo, state, now)) : null,
    pausedUntil: verdict === 'paused' ? pausedUntil(state) : null,
    failures: state.failures,
    unpushed: live?.unpushed ?? null,
    uncommitted: live?.uncommitted ?? null,
    conflicts: report?.integrate.conflicts.length ?? 0,
    quarantined: report?.quarantined.length ?? 0,
    leftOut: leftOutOf(report),
    todo: todo(verdict, repo.path, report),
  };
}

const NAMED = 3;

function leftOutOf(report: RepoReport | undefined): StatusRow['leftOut'] {
  const found = (report?.quarantined ?? []).flatMap(({ path, reason }) => {
    const advice = report === undefined ? undefined : leftOutAdvice(report.vcs, reason);
    return advice === undefined ? [] : [{ path, reason, advice }];
  });
  return found.slice(0, NAMED);
}

/** When the next run by the schedule is due, back-off and all; milliseconds since 1970. */
const nextRun = (repo: RegisteredRepo, state: RepoState, now: number): number =>
  Math.max(nextDue({ slot: slotOf(repo), lastRun: state.lastRunAt, now }), state.nextTryAt ?? 0);

const pausedUntil = ({ pausedUntil: until }: RepoState): string | null =>
  typeof until === 'number' ? isoTime(until) : (until ?? null);

type Standing = {
  readonly repo: RegisteredRepo;
  readonly state: RepoState;
  readonly now: number;
  readonly live: Look | undefined;
};

function verdictOf({ repo, state, now, live }: Standing): StatusRow['verdict'] {
  if (isPaused(state, now)) return 'paused';
  if (!isFolder(repo.path)) return 'blocked';
  const report = state.lastReport;
  if (report?.verdict !== 'synced') return report?.verdict ?? 'never-ran';
  // What the last run found is not what is there now: only a look can say that all is in step.
  // In the mode `follow` what is not committed is nobody's business.
  const saved = repo.settings.mode !== 'follow' && (live?.uncommitted ?? 0) > report.quarantined.length;
  return live === undefined || saved || (live.unpushed ?? 0) > 0 ? 'pending' : 'synced';
}

/** The verdicts that no later run mends by itself. */
const NEEDS_PERSON: readonly StatusRow['verdict'][] = ['conflict', 'attention', 'blocked', 'failed'];

function todo(verdict: StatusRow['verdict'], path: string, report: RepoReport | undefined): string | null {
  if (verdict === 'blocked' && !isFolder(path)) {
    return `the folder is gone; if it was moved: autosync install <its new path>; if it was removed: autosync uninstall '${path}'`;
  }
  if (NEEDS_PERSON.includes(verdict)) return report?.why || `autosync doctor '${path}'`;
  const [first, ...others] = verdict === 'paused' ? [] : (report?.integrate.conflicts ?? []);
  return first === undefined ? null : compare(first, others.length);
}

function compare({ path, kept, copy }: Conflict, others: number): string {
  const more = others === 0 ? '' : ` (and ${others} more)`;
  if (copy === undefined)
    return `both sides changed '${path}'${more}: look whether '${kept ?? path}' is as you want it`;
  const both = kept === undefined ? `the changed version is '${copy}'` : `yours is '${copy}'`;
  return `both sides changed '${path}', and ${both}${more}: keep what you want and delete the other`;
}

/** Looks at the working tree as it is now; undefined when it cannot be looked at, which the verdict tells already. */
async function look({ locations, engine: { clock } }: Wiring, repo: RegisteredRepo): Promise<Look | undefined> {
  const { vcs, path, settings } = repo;
  const { now, sleep } = clock;
  try {
    const seen = await systemOf(vcs)?.look(path, { settings, messages: commitMessages(settings), now, sleep });
    if (seen === undefined || !settings.subrepositories) return seen;
    const inside = await uncommittedInside(await openTree(locations, path, repo));
    return { ...seen, uncommitted: seen.uncommitted + inside };
  } catch {
    return undefined;
  }
}
