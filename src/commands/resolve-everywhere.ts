import { targetOf } from '../engine/target.js';
import { exitCode } from '../engine/verdict.js';
import { RUN_BY_HAND, visit } from '../engine/visit.js';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { RegisteredRepo } from '../model/repo.js';
import type { RepoReport } from '../model/report.js';
import { say } from '../system/terminal.js';
import { describeReport, shownPath, warnOf } from './render.js';
import { resolveAsking } from './resolve-asking.js';
import type { Wiring } from './wiring.js';

/** What became of one repository's conflicts. */
type Done = {
  readonly report: RepoReport | undefined;
  readonly left: number;
  /** The person left: nothing more is asked, in this repository or another. */
  readonly hasQuit: boolean;
  readonly hasFailed: boolean;
};

/** Asks about the conflicts of one repository after the other; one that cannot be looked at hides none of the others. */
export async function resolveEverywhere(wiring: Wiring, repos: readonly RegisteredRepo[]): Promise<ExitCode> {
  const all: Done[] = [];
  // In the other modes nothing is merged, and so nothing is in conflict.
  for (const repo of repos.filter(({ settings }) => settings.mode === 'sync')) {
    const done = await resolveThere(wiring, repo);
    all.push(done);
    if (done.hasQuit) break;
  }
  const reports = all.flatMap(({ report }) => (report === undefined ? [] : [report]));
  const left = all.reduce((sum, done) => sum + done.left, 0);
  const hasFailed = all.some((done) => done.hasFailed);
  if (reports.length === 0 && !hasFailed) say(left === 0 ? 'no conflicts' : `nothing was decided: ${left} left`);
  if (hasFailed) return all.every((done) => done.hasFailed) ? EXIT.failed : EXIT.someFailed;
  const code = exitCode(reports);
  return code === EXIT.done && left > 0 ? EXIT.conflict : code;
}

async function resolveThere(wiring: Wiring, repo: RegisteredRepo): Promise<Done> {
  const target = targetOf(repo);
  try {
    const place = shownPath(repo.path);
    const { resolved, left, hasQuit } = await resolveAsking(wiring, { target, place, isMeant: () => true });
    const report = resolved.length === 0 ? undefined : await visit(wiring.engine, target, RUN_BY_HAND);
    for (const line of report === undefined ? [] : describeReport(report)) say(line);
    return { report, left, hasQuit, hasFailed: false };
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
    say(shownPath(repo.path));
    warnOf(error);
    return { report: undefined, left: 0, hasQuit: false, hasFailed: true };
  }
}
