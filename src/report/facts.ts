import type { Verdict } from '../model/report.js';

/** Everything that a report tells, as it was found; times are milliseconds since 1970. */
export type ReportFacts = {
  readonly version: string;
  readonly machine: string;
  readonly generatedAt: number;
  readonly since: number;
  /** What calls autosync on this machine; null when nothing does. */
  readonly scheduler: string | null;
  readonly checks: readonly CheckFacts[];
  readonly repos: readonly RepoFacts[];
};

/** One repository: how it stands, what happened there, and what two machines have changed differently. */
export type RepoFacts = {
  readonly path: string;
  readonly vcs: string;
  readonly branch: string;
  readonly verdict: Verdict | 'never-ran' | 'pending';
  readonly why: string;
  readonly todo: string | null;
  readonly lastGoodRunAt: number | null;
  readonly nextRunAt: number | null;
  readonly schedule: string;
  readonly failures: number;
  readonly unpushed: number | null;
  readonly uncommitted: number | null;
  readonly quarantined: readonly string[];
  readonly checks: readonly CheckFacts[];
  /** Newest first. */
  readonly commits: readonly CommitFacts[];
  /** Whether there are more commits than could be read. */
  readonly isCut: boolean;
  /** What autosync found wrong or told the person, newest first. */
  readonly incidents: readonly IncidentFacts[];
  readonly conflicts: readonly ConflictFacts[];
};

/** What a look at the installation found. */
export type CheckFacts = {
  readonly name: string;
  readonly result: 'ok' | 'warning' | 'error';
  readonly detail: string;
  readonly mend: string | null;
};

/** One commit; `machine` is null where it was made by hand. */
export type CommitFacts = {
  readonly id: string;
  readonly at: number;
  readonly machine: string | null;
  readonly author: string;
  readonly subject: string;
};

/** A line of the log that is about trouble, or says what the person was told. */
export type IncidentFacts = { readonly at: number; readonly what: string; readonly detail: string };

/** Two versions of one file that stand beside each other. */
export type ConflictFacts = {
  readonly path: string;
  readonly copy: string;
  /** Whose version the copy is. */
  readonly machine: string;
  readonly day: string;
  readonly contents:
    | { readonly kind: 'text'; readonly kept: string; readonly copy: string }
    | { readonly kind: 'not-shown'; readonly why: string };
};
