import type { Quarantined } from './change.js';
import type { Blocked, CommitOutcome, FetchOutcome, IntegrateOutcome, PushOutcome } from './outcome.js';

/** How a repository stands after a run. */
export type Verdict = 'synced' | 'conflict' | 'offline' | 'blocked' | 'attention' | 'paused' | 'failed' | 'skipped';

/** The version control systems that autosync knows. */
export type VcsKind = 'git' | 'hg';

/** What one run did in one repository; the JSON of `snapshot` is a list of these. */
export type RepoReport = {
  readonly path: string;
  readonly vcs: VcsKind;
  readonly branch: string;
  readonly verdict: Verdict;
  /** One line for a person: what is missing and what to do; empty when `synced`. */
  readonly why: string;
  readonly blocked: Blocked | null;
  readonly commit: CommitOutcome;
  readonly quarantined: readonly Quarantined[];
  readonly fetch: FetchOutcome;
  readonly integrate: IntegrateOutcome;
  readonly push: PushOutcome;
  readonly durationMs: number;
  /** What was done in each subrepository, where the person wants them kept in step. */
  readonly subrepositories?: readonly RepoReport[];
};

/** The JSON of `snapshot`. */
export type RunReport = {
  readonly schema: 1;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly repos: readonly RepoReport[];
};

/** The parts of a report before anything has happened. */
export const NOTHING_DONE: Pick<RepoReport, 'blocked' | 'commit' | 'quarantined' | 'fetch' | 'integrate' | 'push'> = {
  blocked: null,
  commit: { kind: 'skipped', changes: [] },
  quarantined: [],
  fetch: { kind: 'skipped' },
  integrate: { kind: 'skipped', files: 0, conflicts: [] },
  push: { kind: 'not-attempted', why: 'the run did not get that far' },
};
