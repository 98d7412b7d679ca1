import type { Argv } from 'yargs';
import { isPaused } from '../engine/visit.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { RegisteredRepo } from '../model/repo.js';
import type { Verdict } from '../model/report.js';
import { nextDue } from '../scheduler/due.js';
import { type RepoState, readState } from '../store/state.js';
import { isFolder } from '../system/files.js';
import { printable } from '../system/printable.js';
import { colour, foreign, say, sayJson } from '../system/terminal.js';
import { type Arguments, type Command, isOn, withJson, wordsOf } from './command.js';
import { entryFor, presentScheduler, slotOf } from './entry.js';
import { type MirrorRow, mirrorRows, mirrorTable } from './mirror-rows.js';
import { relativeTime, shownPath, shownVerdict, table } from './render.js';
import { installedRepos, namedRepos, openTree } from './targets.js';
import { type Wiring, wire } from './wiring.js';

/** How one repository stands; times are ISO 8601, null when there was none. */
type StatusRow = {
  readonly path: string;
  readonly vcs: string;
  readonly branch: string;
  /** The last run's verdict; `pending` when that was `synced` and something has been saved or committed since. */
  readonly verdict: Verdict | 'never-ran' | 'pending';
  readonly why: string;
  readonly lastRunAt: string | null;
  readonly lastGoodRunAt: string | null;
  readonly nextRunAt: string | null;
  readonly failures: number;
  /** Commits that the hub does not have, as far as is known here; null when that cannot be told. */
  readonly unpushed: number | null;
  /** Paths that differ from the last commit now; null when that cannot be told. */
  readonly uncommitted: number | null;
  /** Conflicts of the last run, and of those before that hold the repository up. */
  readonly conflicts: number;
  readonly quarantined: number;
};

/** `autosync status [repo…]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('repo', { type: 'string', array: true, describe: 'An installed repository (default: all of them)' })
      .example('$0 status', 'what happened, and what needs you: repositories, then mirrors'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const typed = wordsOf(args, 'repo');
    const repos = typed.length === 0 ? installedRepos(wiring.locations) : namedRepos(wiring.locations, typed);
    const scheduler = await presentScheduler(wiring.schedulers, entryFor(wiring.locations, repos));
    const rows = await Promise.all(repos.map((repo) => rowOf(wiring, repo, scheduler !== undefined)));
    const mirrors = typed.length === 0 ? await mirrorRows(wiring) : [];
    const now = wiring.engine.clock.now();
    if (isOn(args, 'json')) sayJson({ schema: 1, scheduler: scheduler?.kind ?? null, repos: rows, mirrors });
    else showAll({ rows, mirrors, scheduler: scheduler?.kind, now });
    return EXIT.done;
  },
};

async function rowOf(wiring: Wiring, repo: RegisteredRepo, scheduled: boolean): Promise<StatusRow> {
  const state = readState(wiring.locations, repo.id);
  const now = wiring.engine.clock.now();
  const { lastReport: report, lastRunAt, lastGoodRunAt } = state;
  const next = Math.max(nextDue({ slot: slotOf(repo), lastRun: lastRunAt, now }), state.nextTryAt ?? 0);
  const live = await look(wiring, repo);
  return {
    path: repo.path,
    vcs: repo.vcs,
    branch: live?.branch ?? report?.branch ?? '',
    verdict: verdictOf({ repo, state, now, live }),
    why: report?.why ?? '',
    lastRunAt: iso(lastRunAt),
    lastGoodRunAt: iso(lastGoodRunAt),
    nextRunAt: scheduled && !isPaused(state, now) ? iso(next) : null,
    failures: state.failures,
    unpushed: live?.unpushed ?? null,
    uncommitted: live?.uncommitted ?? null,
    conflicts: report?.integrate.conflicts.length ?? 0,
    quarantined: report?.quarantined.length ?? 0,
  };
}

const iso = (time: number | undefined): string | null => (time === undefined ? null : new Date(time).toISOString());

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
  const saved = (live?.uncommitted ?? 0) > report.quarantined.length;
  return live === undefined || saved || (live.unpushed ?? 0) > 0 ? 'pending' : 'synced';
}

type Look = { readonly branch: string; readonly unpushed: number | undefined; readonly uncommitted: number };

/** Looks at the working tree as it is now; undefined when it cannot be opened, which the verdict tells already. */
async function look({ locations }: Wiring, repo: RegisteredRepo): Promise<Look | undefined> {
  try {
    const tree = await openTree(locations, repo.path, repo);
    const { branch } = await tree.inspect();
    return { branch, unpushed: await tree.unpushed(branch), uncommitted: (await tree.uncommitted()).length };
  } catch {
    return undefined;
  }
}

type Shown = {
  readonly rows: readonly StatusRow[];
  readonly mirrors: readonly MirrorRow[];
  readonly scheduler: string | undefined;
  readonly now: number;
};

function showAll({ rows, mirrors, scheduler, now }: Shown): void {
  if (rows.length > 0 || mirrors.length === 0) show(rows, now);
  if (mirrors.length > 0) for (const line of mirrorTable(mirrors, now)) say(line);
  const isAwaited = rows.length > 0 || mirrors.some(({ triggers }) => triggers.includes('schedule'));
  if (!isAwaited || scheduler !== undefined) return;
  say(colour('yellow', 'no scheduler calls autosync on this machine: autosync doctor'));
}

function show(rows: readonly StatusRow[], now: number): void {
  if (rows.length === 0) {
    say('no repository is installed; autosync install <repo>');
    return;
  }
  const head = [
    'repository',
    'branch',
    'verdict',
    'last good run',
    'next run',
    'unpushed',
    'uncommitted',
    'conflicts',
    'left out',
  ];
  const shown = rows.map((row) => [
    shownPath(row.path),
    printable(row.branch),
    row.verdict === 'never-ran' || row.verdict === 'pending' ? row.verdict : shownVerdict(row.verdict),
    row.lastGoodRunAt === null ? 'never' : relativeTime(Date.parse(row.lastGoodRunAt), now),
    row.nextRunAt === null ? '-' : relativeTime(Math.max(Date.parse(row.nextRunAt), now), now),
    number(row.unpushed),
    number(row.uncommitted),
    number(row.conflicts),
    number(row.quarantined),
  ]);
  for (const line of table([head.map((word) => colour('dim', word)), ...shown])) say(line);
  for (const { path, why, verdict } of rows) {
    if (why !== '' && verdict !== 'paused') say(`${shownPath(path)}: ${foreign(why)}`);
  }
}

const number = (value: number | null): string => (value === null ? '?' : value === 0 ? '-' : String(value));
