import { AutosyncError } from '../model/errors.js';
import type { Blocked } from '../model/outcome.js';
import { NOTHING_DONE, type RepoReport } from '../model/report.js';
import { acquireLock, type Lock } from '../store/lock.js';
import { type RepoState, readState } from '../store/state.js';
import { isFolder, joinPath, realPath } from '../system/files.js';
import type { Opened, WorkingTree } from '../vcs/vcs.js';
import { commitMessages } from './commit-message.js';
import type { EngineContext } from './context.js';
import { knownRules } from './known-rules.js';
import { rememberOrSay } from './remember.js';
import type { TickRequest, Trigger } from './round.js';
import type { Target } from './target.js';
import { failedReport } from './tick.js';
import { tickAll } from './with-subrepositories.js';

/** How a run is to be made; the same for all of its repositories. */
export type RunOptions = Pick<TickRequest, 'trigger' | 'pull' | 'push' | 'dryRun' | 'allowDeletions'> & {
  /** A commit subject given by hand. */
  readonly message: string | undefined;
  /** Milliseconds to wait for another run of the same repository. */
  readonly waitMs: number;
};

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

/** A run that a person asks for, of everything; one that a hook has just started is over within ten seconds. */
export const RUN_BY_HAND: RunOptions = {
  trigger: 'manual',
  pull: true,
  push: true,
  dryRun: false,
  allowDeletions: false,
  message: undefined,
  waitMs: 10_000,
};

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
  const settings = knownRules(target.settings, before?.rules);
  const opened = await context.open(target.vcs, target.path, {
    settings,
    messages: commitMessages(settings, options.message),
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
    const stillChanging = before?.stillChanging ?? {};
    const { clock, random } = context;
    const report = await tickAll({ ...options, tree, settings, stillChanging, clock, random });
    if (isHousekeepingDue(before, clock.now()) && report.verdict === 'synced') await tree.housekeeping();
    return report;
  } finally {
    lock.release();
  }
}

/** Once a day, by the day of the last run. */
const isHousekeepingDue = (before: RepoState | undefined, now: number): boolean =>
  before?.lastRunAt !== undefined && Math.floor(before.lastRunAt / DAY_MS) !== Math.floor(now / DAY_MS);

/** Says that the folder of a repository is gone, and what to do. */
export function missingFolder({ path }: Target): Blocked | undefined {
  if (isFolder(path)) return undefined;
  const hint = `'${path}' is gone; if it was moved: autosync install <its new path>; if it was removed: autosync uninstall '${path}'`;
  return { kind: 'missing', hint };
}

/** Returns the opened tree; never that of a repository above the folder, whose own may have gone. */
export function expectTree(target: Target, opened: Opened): WorkingTree {
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

/** Takes a repository's lock; undefined where another run holds it for longer than we wait. */
export async function waitForLock(
  context: EngineContext,
  tree: WorkingTree,
  waitMs: number,
): Promise<Lock | undefined> {
  const { clock } = context;
  const end = clock.monotonic() + waitMs;
  for (;;) {
    const result = acquireLock(joinPath(tree.privateFolder, 'lock'), clock);
    if (result.kind === 'acquired') return result.lock;
    if (clock.monotonic() >= end) return undefined;
    await clock.sleep(50 + context.random() * 100);
  }
}
