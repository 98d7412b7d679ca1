import type { RepoReport } from '../model/report.js';
import { mergeFacts, NO_FACTS } from './facts.js';

/** Joins what two runs of one repository did, one right after the other, into what one run would say of it. */
export function joinReports(before: RepoReport, after: RepoReport): RepoReport {
  const { blocked, commit, fetch, integrate, push } = mergeFacts({ ...NO_FACTS, ...before }, { ...NO_FACTS, ...after });
  const durationMs = before.durationMs + after.durationMs;
  const branch = after.branch || before.branch;
  return { ...after, branch, blocked, commit, fetch, integrate, push, durationMs };
}
