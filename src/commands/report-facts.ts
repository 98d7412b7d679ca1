import type { RegisteredRepo } from '../model/repo.js';
import type { CheckFacts, CommitFacts, IncidentFacts, RepoFacts, ReportFacts } from '../report/facts.js';
import { parseSchedule, scheduleText } from '../scheduler/schedule-text.js';
import { readSettings } from '../store/config.js';
import { type LogEntry, readLog } from '../store/log.js';
import { readState } from '../store/state.js';
import { fewAtATime } from '../system/at-a-time.js';
import { isFolder } from '../system/files.js';
import { packageVersion } from '../system/package.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { type Check, machineChecks, repoChecks } from './checks.js';
import { look } from './doctor.js';
import { entryFor, presentScheduler } from './entry.js';
import { isVerdict, shownPath } from './render.js';
import { conflictsOf } from './report-conflicts.js';
import { statusRow } from './status-row.js';
import { installedRepos, openTree } from './targets.js';
import type { Wiring } from './wiring.js';

/** The checks that neither wait for a network nor tell the person anything. */
const QUIET_CHECKS: readonly string[] = ['node', 'git', 'hg', 'launcher', 'scheduler', 'trust', 'hooks'];

const MOST_COMMITS = 5_000;
const MOST_LOG = 20_000;

/** What a report is to be about. */
export type ReportRequest = { readonly repos: readonly RegisteredRepo[]; readonly since: number };

/** Gathers what a report tells: from the state, the log and the repositories; nothing is fetched, and nothing changed. */
export async function reportFacts(wiring: Wiring, { repos, since }: ReportRequest): Promise<ReportFacts> {
  const { locations, schedulers, engine } = wiring;
  const scheduler = await presentScheduler(schedulers, entryFor(locations, installedRepos(locations)));
  const log = readLog(locations, { limit: MOST_LOG });
  const shared = { wiring, since, log, scheduled: scheduler !== undefined };
  return {
    version: packageVersion(),
    machine: readSettings(locations, parseSchedule).machine,
    generatedAt: engine.clock.now(),
    since,
    scheduler: scheduler?.kind ?? null,
    checks: await findings(machineChecks(wiring)),
    repos: await fewAtATime(repos, (repo) => repoFacts(repo, shared)),
  };
}

type Shared = {
  readonly wiring: Wiring;
  readonly since: number;
  readonly log: readonly LogEntry[];
  readonly scheduled: boolean;
};

async function repoFacts(repo: RegisteredRepo, { wiring, since, log, scheduled }: Shared): Promise<RepoFacts> {
  const row = await statusRow(wiring, repo, scheduled);
  const history = await readHistory(wiring, repo, since);
  const time = (text: string | null): number | null => (text === null ? null : Date.parse(text));
  return {
    path: shownPath(repo.path),
    vcs: row.vcs,
    branch: row.branch,
    verdict: row.verdict,
    why: row.why,
    todo: row.todo ?? toCompare(history),
    lastGoodRunAt: time(row.lastGoodRunAt),
    nextRunAt: time(row.verdict === 'paused' ? row.pausedUntil : row.nextRunAt),
    schedule: scheduleText(repo.settings.schedule),
    failures: row.failures,
    unpushed: row.unpushed,
    uncommitted: row.uncommitted,
    quarantined: leftOut(wiring, repo),
    checks: await findings(repoChecks(wiring, repo)),
    incidents: log
      .filter((entry) => entry.repo === repo.path)
      .flatMap((entry) => incident(entry, since))
      .reverse(),
    ...history,
  };
}

const leftOut = ({ locations }: Wiring, { id }: RegisteredRepo): readonly string[] =>
  (readState(locations, id).lastReport?.quarantined ?? []).map(({ path, reason }) => `${path} (${reason})`);

/** A conflict needs the person until its copy is gone, however many runs have been made since. */
function toCompare({ conflicts }: History): string | null {
  const [first, ...more] = conflicts;
  if (first === undefined) return null;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return `'${first.path}' stands there in two versions${others}: keep what you want and delete '${first.copy}'`;
}

type History = Pick<RepoFacts, 'commits' | 'isCut' | 'conflicts'>;

/** A repository that cannot be opened has no history here; what is wrong with it, its verdict tells. */
async function readHistory({ locations }: Wiring, repo: RegisteredRepo, since: number): Promise<History> {
  const nothing: History = { commits: [], isCut: false, conflicts: [] };
  if (!isFolder(repo.path)) return nothing;
  try {
    const tree = await openTree(locations, repo.path, repo);
    const commits = await commitsOf(tree, since);
    return {
      commits: commits.slice(0, MOST_COMMITS),
      isCut: commits.length > MOST_COMMITS,
      conflicts: await conflictsOf(tree),
    };
  } catch {
    return nothing;
  }
}

async function commitsOf({ inspect, versions }: WorkingTree, since: number): Promise<readonly CommitFacts[]> {
  const { head } = await inspect();
  if (head === undefined) return [];
  const revisions = await versions.recent({ from: head, since, limit: MOST_COMMITS + 1 });
  return revisions.map(({ id, at, machine, author, message }) => ({
    id,
    at,
    machine: machine ?? null,
    author,
    subject: message.split('\n')[0] ?? '',
  }));
}

/** What went well is in the history; the log tells what did not, and what the person was told. */
function incident(entry: LogEntry, since: number): readonly IncidentFacts[] {
  const at = Date.parse(entry.at);
  const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
  const verdict = text('verdict');
  if (!(at >= since)) return [];
  if (entry.event === 'notification') return [{ at, what: 'told', detail: text('title') }];
  return isVerdict(verdict) && verdict !== 'synced' ? [{ at, what: verdict, detail: text('why') }] : [];
}

async function findings(checks: readonly Check[]): Promise<readonly CheckFacts[]> {
  const wanted = checks.filter(({ name }) => QUIET_CHECKS.includes(name));
  return await fewAtATime(wanted, async (check) => {
    const { result, detail, mend } = await look(check);
    return { name: check.name, result, detail, mend: mend ?? null };
  });
}
