import { AutosyncError, errorMessage } from '../model/errors.js';
import type { Blocked } from '../model/outcome.js';
import type { RegisteredRepo } from '../model/repo.js';
import { NOTHING_DONE, type RepoReport } from '../model/report.js';
import { acquireLock, type Lock } from '../store/lock.js';
import { appendLog, runEntry } from '../store/log.js';
import { type RepoState, readState, updateState } from '../store/state.js';
import { isFolder, joinPath, realPath } from '../system/files.js';
import type { Opened, WorkingTree } from '../vcs/vcs.js';
import { announce, readAnnounced } from './announce.js';
import { nextTry } from './back-off.js';
import { commitMessages } from './commit-message.js';
import type { EngineContext } from './context.js';
import { failedReport, type TickRequest, type Trigger, tick } from './tick.js';

/** How a run is to be made; the same for all of its repositories. */
export type RunOptions = Pick<TickRequest, 'trigger' | 'pull' | 'push' | 'dryRun' | 'allowDeletions'> & {
  /** A commit subject given by hand. */
  readonly message: string | undefined;
  /** Milliseconds to wait for another run of the same repository. */
  readonly waitMs: number;
};

/** A repository to run: one that is installed, or one that is only visited. */
export type Target = Pick<RegisteredRepo, 'path' | 'vcs' | 'settings'> & {
  readonly registered: RegisteredRepo | undefined;
};

/** Returns an installed repository as something to run. */
export const targetOf = (registered: RegisteredRepo): Target => ({
  path: registered.path,
  vcs: registered.vcs,
  settings: registered.settings,
  registered,
});

/** The options of a run that the scheduler or a hook starts. */
export const unattended = (trigger: Exclude<Trigger, 'manual'>, waitMs = 0): RunOptions => ({
  trigger,
  pull: true,
  push: true,
  dryRun: false,
  allowDeletions: false,
  message: undefined,
  waitMs,
});

const MAX_REMEMBERED = 200;
const DAY_MS = 24 * 3_600_000;

/** Runs one repository under its lock, remembers how it went, and tells the person what is news; never throws. */
export async function visit(context: EngineContext, target: Target, options: RunOptions): Promise<RepoReport> {
  const id = target.registered?.id;
  const startedAt = context.clock.now();
  const before = id === undefined ? undefined : readState(context.locations, id);
  if (before !== undefined && isPaused(before, startedAt)) return pausedReport(target, before);
  let report: RepoReport;
  try {
    report = await runUnderLock(context, target, options, before);
  } catch (error) {
    report = failedReport({ path: target.path, vcs: target.vcs, branch: '' }, error);
  }
  if (id !== undefined && !options.dryRun && report.blocked?.kind !== 'locked') {
    return await rememberOrSay(context, { id, target, report, startedAt, trigger: options.trigger });
  }
  return report;
}

/** Tells whether a repository is paused at a time. */
export const isPaused = ({ pausedUntil }: RepoState, now: number): boolean =>
  pausedUntil === 'until-resumed' || (typeof pausedUntil === 'number' && pausedUntil > now);

function pausedReport({ path, vcs }: Target, { pausedUntil }: RepoState): RepoReport {
  const until = typeof pausedUntil === 'number' ? `until ${new Date(pausedUntil).toISOString()}` : 'until resumed';
  return {
    path,
    vcs,
    branch: '',
    ...NOTHING_DONE,
    verdict: 'paused',
    why: `paused ${until}: autosync resume`,
    durationMs: 0,
  };
}

async function runUnderLock(
  context: EngineContext,
  target: Target,
  options: RunOptions,
  before: RepoState | undefined,
): Promise<RepoReport> {
  const missing = missingFolder(target);
  if (missing !== undefined) return blockedReport(target, missing);
  const opened = await context.open(target.vcs, target.path, {
    settings: target.settings,
    messages: commitMessages(target.settings, options.message),
    now: context.clock.now,
    sleep: context.clock.sleep,
    ...(context.progress === undefined ? {} : { progress: context.progress }),
  });
  const tree = expectTree(target, opened);
  const lock = await waitForLock(context, tree, options.waitMs);
  if (lock === undefined)
    return blockedReport(target, { kind: 'locked', hint: 'another run is under way; it will be quick' });
  try {
    if (target.registered !== undefined && !options.dryRun) context.keepHooks(target.registered, tree);
    const { settings } = target;
    const stillChanging = before?.stillChanging ?? {};
    const { clock, random } = context;
    const report = await tick({ ...options, tree, settings, stillChanging, clock, random });
    if (isHousekeepingDue(before, clock.now()) && report.verdict === 'synced') await tree.housekeeping();
    return report;
  } finally {
    lock.release();
  }
}

/** Once a day, by the day of the last run. */
const isHousekeepingDue = (before: RepoState | undefined, now: number): boolean =>
  before?.lastRunAt !== undefined && Math.floor(before.lastRunAt / DAY_MS) !== Math.floor(now / DAY_MS);

function missingFolder({ path }: Target): Blocked | undefined {
  if (isFolder(path)) return undefined;
  const hint = `'${path}' is gone; if it was moved: autosync install <its new path>; if it was removed: autosync uninstall '${path}'`;
  return { kind: 'missing', hint };
}

/** Returns the opened tree; never that of a repository above the folder, whose own may have gone. */
function expectTree(target: Target, opened: Opened): WorkingTree {
  if (opened.kind === 'opened' && realPath(opened.tree.top) === realPath(target.path)) return opened.tree;
  if (opened.kind === 'refused') throw new AutosyncError('failed', opened.why, [opened.hint]);
  if (opened.kind === 'bare')
    throw new AutosyncError('failed', `'${target.path}' is a bare repository`, ['name a working tree']);
  throw new AutosyncError('failed', `'${target.path}' is not a ${target.vcs} repository any more`, [
    `autosync uninstall '${target.path}'`,
  ]);
}

function blockedReport({ path, vcs }: Target, blocked: Blocked): RepoReport {
  const verdict = blocked.kind === 'locked' ? 'skipped' : 'blocked';
  const why = `${blocked.kind}: ${blocked.hint}`;
  return { path, vcs, branch: '', ...NOTHING_DONE, blocked, verdict, why, durationMs: 0 };
}

async function waitForLock(context: EngineContext, tree: WorkingTree, waitMs: number): Promise<Lock | undefined> {
  const { clock } = context;
  const end = clock.monotonic() + waitMs;
  for (;;) {
    const result = acquireLock(joinPath(tree.privateFolder, 'lock'), clock);
    if (result.kind === 'acquired') return result.lock;
    if (clock.monotonic() >= end) return undefined;
    await clock.sleep(50 + context.random() * 100);
  }
}

type Remembering = {
  readonly id: string;
  readonly target: Target;
  readonly report: RepoReport;
  readonly startedAt: number;
  readonly trigger: Trigger;
};

/** A disk that is full must not hide how a run went: then the report itself says that it is not remembered. */
async function rememberOrSay(context: EngineContext, remembering: Remembering): Promise<RepoReport> {
  const { report } = remembering;
  try {
    await remember(context, remembering);
    return report;
  } catch (error) {
    const verdict = report.verdict === 'synced' ? 'attention' : report.verdict;
    const why = [report.why, `how the run went could not be written down: ${errorMessage(error)}`];
    return { ...report, verdict, why: why.filter((part) => part !== '').join('; ') };
  }
}

/** Writes down how a run went, first; then tells the person what of it is news. */
async function remember(
  context: EngineContext,
  { id, target, report, startedAt, trigger }: Remembering,
): Promise<void> {
  const { locations, clock } = context;
  const { settings } = target;
  const now = clock.now();
  const previous = readState(locations, id);
  const { notification, remember: announced } = announce({
    previous: readAnnounced(previous.announced),
    report,
    now,
    settings,
  });
  await updateState(locations, { id, change: (state) => nextState(state, { report, startedAt, now, announced }) });
  if (!isQuiet(previous.lastReport, report)) {
    appendLog(locations, runEntry(report, { at: new Date(startedAt).toISOString(), event: trigger }));
  }
  if (notification === undefined) return;
  const delivery = await context.tell(settings, notification);
  appendLog(locations, {
    at: new Date(clock.now()).toISOString(),
    repo: report.path,
    event: 'notification',
    about: notification.event,
    title: notification.title,
    delivery,
  });
}

type RunEnd = {
  readonly report: RepoReport;
  readonly startedAt: number;
  readonly now: number;
  readonly announced: unknown;
};

function nextState(state: RepoState, { report, startedAt, now, announced }: RunEnd): RepoState {
  const { nextTryAt: _before, ...rest } = state;
  const good = report.verdict === 'synced';
  const failures = good ? 0 : state.failures + 1;
  const nextTryAt = nextTry(report, { failures, now });
  const changing = report.quarantined.filter(({ reason }) => reason === 'still-changing');
  const stillChanging = Object.fromEntries(changing.map(({ path }) => [path, (state.stillChanging?.[path] ?? 0) + 1]));
  return {
    ...rest,
    lastRunAt: startedAt,
    lastReport: bounded(report),
    failures,
    announced,
    stillChanging,
    ...(good ? { lastGoodRunAt: now } : {}),
    ...(nextTryAt === undefined ? {} : { nextTryAt }),
  };
}

/** The first snapshot of a large tree names every file; what is remembered of it need not. */
const bounded = (report: RepoReport): RepoReport => ({
  ...report,
  commit: { ...report.commit, changes: report.commit.changes.slice(0, MAX_REMEMBERED) },
  quarantined: report.quarantined.slice(0, MAX_REMEMBERED),
});

/** A run that changed nothing and found what the last one found is not worth a line. */
function isQuiet(last: RepoReport | undefined, report: RepoReport): boolean {
  const idle = report.commit.kind !== 'committed' && report.push.kind !== 'pushed' && report.integrate.files === 0;
  return idle && last?.verdict === report.verdict && last.why === report.why;
}
