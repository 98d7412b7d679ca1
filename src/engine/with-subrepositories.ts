import { asRelative, type RelativePath } from '../model/paths.js';
import type { RepoReport, Verdict } from '../model/report.js';
import type { Subrepositories } from '../vcs/vcs.js';
import { joinReports } from './join-reports.js';
import type { TickRequest } from './round.js';
import { type SettledSubrepository, settleSubrepository } from './settle-subrepository.js';
import { tick } from './tick.js';

/** What comes in with the tree may move its subrepositories, which may move the tree: so often, then the next run goes on. */
const MAX_PASSES = 4;

/**
 * Makes one run of a working tree and of its subrepositories, where it has any that are to be kept in step: each of them
 * first, then the tree that says where they stand, then those again that what came in moves.
 */
export async function tickAll(request: TickRequest): Promise<RepoReport> {
  const { tree, dryRun } = request;
  const { subrepositories } = tree;
  if (subrepositories === undefined) return await tick(request);
  if (!dryRun) await tree.heal();
  // In the middle of something the person comes first, in all of it.
  if ((await tree.inspect()).blocked !== undefined) return await tick(request);
  let inner: Inner = await settleAll(request, subrepositories, new Map());
  let isNews = !dryRun && subrepositories.record(standsOf(inner));
  let report = await tick(request);
  for (let pass = 2; pass <= MAX_PASSES && !dryRun && request.pull; pass += 1) {
    inner = await settleAll(request, subrepositories, inner);
    isNews = subrepositories.record(standsOf(inner));
    if (!isNews) break;
    report = joinReports(report, await tick(request));
  }
  tree.end();
  return judgeAll(report, { inner, isNews });
}

/** What is known of each subrepository, by its path. */
type Inner = ReadonlyMap<RelativePath, SettledSubrepository>;

async function settleAll(request: TickRequest, subrepositories: Subrepositories, known: Inner): Promise<Inner> {
  const settled = new Map<RelativePath, SettledSubrepository>();
  for (const subrepository of await subrepositories.list()) {
    const before = known.get(subrepository.path);
    const isSettled = before !== undefined && (before.isHeldUp || before.stands === subrepository.named);
    const now = isSettled ? before : await settleSubrepository(request, subrepositories, subrepository);
    const report = before === undefined || isSettled ? now.report : joinReports(before.report, now.report);
    settled.set(subrepository.path, { ...now, report });
  }
  return settled;
}

const standsOf = (inner: Inner): ReadonlyMap<RelativePath, string> =>
  new Map(
    [...inner].flatMap(([path, { stands, isHeldUp }]) => (stands === undefined || isHeldUp ? [] : [[path, stands]])),
  );

/** What is worst of a run is what is said of it. */
const WORST_FIRST: readonly Verdict[] = [
  'failed',
  'conflict',
  'blocked',
  'attention',
  'offline',
  'skipped',
  'paused',
  'synced',
];

type Judging = { readonly inner: Inner; readonly isNews: boolean };

/** Judges tree and subrepositories together: in step is only where all of them are. */
function judgeAll(report: RepoReport, { inner, isNews }: Judging): RepoReport {
  const all = [...inner.values()];
  const subrepositories = all.flatMap(({ report: one, isForeign }) => (isForeign ? [] : [one]));
  const foreign = [...inner].flatMap(([path, { isForeign }]) =>
    isForeign ? [{ path, reason: 'submodule' } as const] : [],
  );
  const quarantined = [...inner].flatMap(([path, one]) =>
    one.report.quarantined.map(({ path: below, reason }) => ({ path: asRelative(`${path}/${below}`), reason })),
  );
  const conflicts = [...inner].flatMap(([path, one]) =>
    one.report.integrate.conflicts.map((conflict) => ({
      ...conflict,
      path: asRelative(`${path}/${conflict.path}`),
      ...(conflict.kept === undefined ? {} : { kept: asRelative(`${path}/${conflict.kept}`) }),
      ...(conflict.copy === undefined ? {} : { copy: asRelative(`${path}/${conflict.copy}`) }),
    })),
  );
  const joined = {
    ...report,
    quarantined: [...report.quarantined, ...foreign, ...quarantined],
    integrate: { ...report.integrate, conflicts: [...report.integrate.conflicts, ...conflicts] },
    ...(subrepositories.length === 0 ? {} : { subrepositories }),
  };
  const troubles = [...inner].flatMap(
    ([
      path,
      {
        report: { verdict, why },
      },
    ]) => (verdict === 'synced' ? [] : [{ verdict, why: `${path}: ${why}` }]),
  );
  if (isNews) troubles.push({ verdict: 'attention', why: 'a subrepository moved meanwhile; the next run goes on' });
  const own = report.verdict === 'synced' ? [] : [{ verdict: report.verdict, why: report.why }];
  const found = [...own, ...troubles];
  if (found.length === 0) return joined;
  const verdict = WORST_FIRST.find((one) => found.some((trouble) => trouble.verdict === one)) ?? 'attention';
  return { ...joined, verdict, why: found.map(({ why }) => why).join('; ') };
}
