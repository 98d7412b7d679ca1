import { AutosyncError } from '../model/errors.js';
import type { IntegrateOutcome } from '../model/outcome.js';
import type { RelativePath } from '../model/paths.js';
import { NOTHING_DONE, type RepoReport } from '../model/report.js';
import { acquireLock } from '../store/lock.js';
import { joinPath } from '../system/files.js';
import type { HubState, Met, Subrepositories, Subrepository, WorkingTree } from '../vcs/vcs.js';
import { joinReports } from './join-reports.js';
import { pausedOutcome } from './paused-outcome.js';
import type { TickRequest } from './round.js';
import { failedReport, tick } from './tick.js';

/** A subrepository after it was looked at. */
export type SettledSubrepository = {
  readonly report: RepoReport;
  /** The commit that it stands on; undefined where it has none, or was not looked at. */
  readonly stands: string | undefined;
  /** It is not in step, and looking again in the same run is of no use. */
  readonly isHeldUp: boolean;
  /** None of ours, and named as such. */
  readonly isForeign: boolean;
};

type Said = Pick<RepoReport, 'verdict' | 'why'>;

/**
 * Commits what changed in a subrepository, sends what its hub does not have, and brings it to what the tree around it
 * says, or finds that the tree is to say something new; never throws.
 */
export async function settleSubrepository(
  request: TickRequest,
  subrepositories: Subrepositories,
  subrepository: Subrepository,
): Promise<SettledSubrepository> {
  const { tree } = request;
  const { path } = subrepository;
  const start: RepoReport = {
    path: joinPath(tree.top, path),
    vcs: tree.vcs,
    branch: '',
    ...NOTHING_DONE,
    verdict: 'synced',
    why: '',
    durationMs: 0,
  };
  try {
    switch (subrepository.kind) {
      case 'foreign':
        return { report: start, stands: undefined, isHeldUp: true, isForeign: true };
      case 'left-out':
        return heldUp(start, { verdict: 'attention', why: `left out: ${subrepository.why}` });
      case 'missing':
        return await bringHere({ ...request, start, subrepositories, subrepository });
      case 'here':
        return await visit({ ...request, start, subrepositories, subrepository });
    }
  } catch (error) {
    return heldUp(failedReport(start, error));
  }
}

type Settling = TickRequest & {
  readonly start: RepoReport;
  readonly subrepositories: Subrepositories;
  readonly subrepository: Subrepository;
};

const heldUp = (report: RepoReport, said: Said = report, stands?: string): SettledSubrepository => ({
  report: { ...report, verdict: said.verdict, why: said.why },
  stands,
  isHeldUp: true,
  isForeign: false,
});

const inStep = (report: RepoReport, stands: string | undefined): SettledSubrepository => ({
  report: { ...report, push: report.push.kind === 'pushed' ? report.push : AT_HUB, verdict: 'synced', why: '' },
  stands,
  isHeldUp: false,
  isForeign: false,
});

const AT_HUB: RepoReport['push'] = { kind: 'nothing-to-push' };

const PASSING: readonly string[] = ['offline', 'timeout'];

async function bringHere({
  start,
  subrepositories,
  subrepository,
  ...request
}: Settling): Promise<SettledSubrepository> {
  if (request.dryRun || !request.pull) return heldUp(start, { verdict: 'attention', why: 'it is not here yet' });
  const cloned = await subrepositories.clone(subrepository);
  if (cloned.kind === 'cloned') return inStep(start, subrepository.named);
  if (cloned.kind === 'refused')
    return heldUp(start, { verdict: 'attention', why: `left out: ${cloned.why}; ${cloned.hint}` });
  return heldUp(start, { verdict: PASSING.includes(cloned.reason) ? 'offline' : 'attention', why: cloned.why });
}

async function visit(settling: Settling): Promise<SettledSubrepository> {
  const { start, subrepositories, subrepository } = settling;
  const opened = await subrepositories.open(subrepository);
  if (opened.kind === 'refused') throw new AutosyncError('failed', opened.why, [opened.hint]);
  if (opened.kind !== 'opened') throw new AutosyncError('failed', `it is ${opened.kind}`);
  const { tree } = opened;
  const lock = acquireLock(joinPath(tree.privateFolder, 'lock'), settling.clock);
  if (lock.kind === 'held') {
    return heldUp(start, { verdict: 'attention', why: 'another run is under way in it; the next one looks again' });
  }
  try {
    return await visitTree({ ...settling, tree, stillChanging: below(settling.stillChanging, subrepository.path) });
  } finally {
    tree.end();
    lock.lock.release();
  }
}

/** Returns what was still changing in a subrepository, as it is called there. */
const below = (all: TickRequest['stillChanging'], path: RelativePath): TickRequest['stillChanging'] =>
  Object.fromEntries(
    Object.entries(all).flatMap(([name, runs]) =>
      name.startsWith(`${path}/`) ? [[name.slice(path.length + 1), runs]] : [],
    ),
  );

async function visitTree(settling: Settling): Promise<SettledSubrepository> {
  const { subrepositories, subrepository, tree, dryRun } = settling;
  const saved = await tick({ ...settling, pull: false, push: false });
  const isSaved = saved.blocked === null && (saved.commit.kind === 'clean' || saved.commit.kind === 'committed');
  if (dryRun) return heldUp(saved);
  // What a hook refuses leaves the machine all the same.
  if (!isSaved) return heldUp(saved.commit.kind === 'refused' ? await exchange(settling, saved) : saved);
  const sent = (await isOwed(settling)) ? await exchange(settling, saved) : saved;
  if (sent !== saved && sent.verdict !== 'synced') return heldUp(sent);
  const state = await tree.inspect();
  if (state.blocked !== undefined) return heldUp({ ...sent, blocked: state.blocked }, blockedBy(state.blocked));
  const { branch, head } = state;
  const { quarantined } = sent;
  const met = await subrepositories.meet({ subrepository, branch, head, quarantined, pull: settling.pull });
  return await afterMeeting(settling, { report: sent, branch, head, met });
}

/** What its hub is not known to have is sent; so is, or said, what it had and has no more. */
async function isOwed({ subrepositories, subrepository, pull, push }: Settling): Promise<boolean> {
  if (await subrepositories.hasUnsent(subrepository)) return true;
  return (pull || push) && !(await subrepositories.isAtHub(subrepository));
}

const blockedBy = ({ kind, hint }: NonNullable<RepoReport['blocked']>): Said => ({
  verdict: 'blocked',
  why: `${kind}: ${hint}`,
});

const exchange = async (settling: Settling, saved: RepoReport): Promise<RepoReport> =>
  joinReports(saved, await tick(settling));

type AfterMeeting = {
  readonly report: RepoReport;
  readonly branch: string;
  readonly head: string | undefined;
  readonly met: Met;
};

async function afterMeeting(
  settling: Settling,
  { report, branch, head, met }: AfterMeeting,
): Promise<SettledSubrepository> {
  switch (met.kind) {
    case 'agrees':
    case 'went-on':
      return inStep(report, head);
    case 'done':
      return afterPlacing(report, met.outcome, met.head);
    case 'blocked':
      return heldUp({ ...report, blocked: met.blocked }, blockedBy(met.blocked));
    case 'unavailable':
      return heldUp(report, { verdict: PASSING.includes(met.reason) ? 'offline' : 'attention', why: met.why });
    case 'changed-meanwhile':
      return heldUp(report, { verdict: 'attention', why: `${met.why}; the next run goes on` });
    case 'diverged':
      return await mergeThere(settling, { report, branch, head, named: met.named });
  }
}

function afterPlacing(report: RepoReport, outcome: IntegrateOutcome, stands: string): SettledSubrepository {
  const joined = withArrived(report, outcome);
  if (outcome.kind !== 'postponed') return inStep(joined, stands);
  return heldUp(joined, { verdict: 'attention', why: `${outcome.why ?? ''}; the next run goes on` });
}

const withArrived = (report: RepoReport, outcome: IntegrateOutcome): RepoReport => ({
  ...report,
  integrate: {
    ...outcome,
    files: report.integrate.files + outcome.files,
    conflicts: [...report.integrate.conflicts, ...outcome.conflicts],
  },
});

type ThereMerge = Pick<AfterMeeting, 'report' | 'branch' | 'head'> & { readonly named: string };

/** Merges what the tree names into what stands there, and sends the result, which the tree is to name next. */
async function mergeThere(
  settling: Settling,
  { report, branch, head, named }: ThereMerge,
): Promise<SettledSubrepository> {
  const { tree, settings } = settling;
  const hub: HubState = { relation: 'diverged', head: named, ahead: 1, behind: 1 };
  const { quarantined } = report;
  const { conflict: policy, mostConflictCopies: mostCopies } = settings;
  const merged = await tree.integrate({ branch, head, hub, policy, mostCopies, quarantined, displace: true });
  if (merged.kind === 'paused') {
    const integrate = pausedOutcome(merged);
    const why = integrate.why ?? 'both sides changed it; merge by hand: hg merge';
    return heldUp({ ...report, integrate }, { verdict: 'conflict', why });
  }
  if (merged.kind !== 'done' || merged.outcome.kind === 'postponed') {
    return await afterMeeting(settling, { report, branch, head, met: merged });
  }
  const sent = await exchange(settling, withArrived(report, merged.outcome));
  return sent.verdict === 'synced' ? inStep(sent, await headOf(tree)) : heldUp(sent);
}

const headOf = async (tree: WorkingTree): Promise<string | undefined> => (await tree.inspect()).head;
