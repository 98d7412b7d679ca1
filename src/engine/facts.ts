import { NOTHING_DONE, type RepoReport } from '../model/report.js';
import type { HubState, LeftBehind } from '../vcs/vcs.js';

/** What has been found and done so far in a run. */
export type Facts = Pick<
  RepoReport,
  'blocked' | 'commit' | 'quarantined' | 'fetch' | 'integrate' | 'push' | 'branch'
> & {
  /** What healing did, for the log. */
  readonly healed: readonly string[];
  /** Paths that are not in any commit although nothing speaks against them: saved while the run was ending. */
  readonly uncommitted: readonly string[];
  /** What of the branch is left to the person, and what to do about it; empty where it is nothing. */
  readonly leftAlone: string;
  /** Other branches on which there is work that no hub is known to have. */
  readonly leftBehind: readonly LeftBehind[];
  /** Somebody was faster in every round. */
  readonly unfinished: boolean;
  /** It was the same in every round, and kept the hub's work out. */
  readonly isStuck: boolean;
  /** Why the last round started again. */
  readonly why: string;
};

/** A run that has done nothing yet. */
export const NO_FACTS: Facts = {
  ...NOTHING_DONE,
  branch: '',
  healed: [],
  uncommitted: [],
  leftAlone: '',
  leftBehind: [],
  unfinished: false,
  isStuck: false,
  why: '',
};

/** What a look at the hub has found. */
export const factsOf = ({
  relation,
  leftAlone = '',
  leftBehind = [],
}: HubState): Pick<Facts, 'fetch' | 'leftAlone' | 'leftBehind'> => ({
  fetch: { kind: 'fetched', relation },
  leftAlone,
  leftBehind,
});

/**
 * Joins what a run knew with what its next round found: later looks replace earlier ones, but a commit, files that came
 * in, and conflicts of an earlier round stay part of what the run did.
 */
export function mergeFacts(before: Facts, after: Facts): Facts {
  return {
    ...after,
    healed: before.healed,
    commit: mergeCommits(before.commit, after.commit),
    integrate: mergeIntegrations(before.integrate, after.integrate),
    fetch: after.fetch.kind === 'skipped' ? before.fetch : after.fetch,
    push: mergePushes(before.push, after.push),
  };
}

function mergeCommits(before: Facts['commit'], after: Facts['commit']): Facts['commit'] {
  if (before.kind !== 'committed') return after;
  if (after.kind !== 'committed') return after.kind === 'refused' ? after : before;
  return { ...after, changes: [...before.changes, ...after.changes] };
}

function mergeIntegrations(before: Facts['integrate'], after: Facts['integrate']): Facts['integrate'] {
  const idle = after.kind === 'skipped' || (after.kind === 'up-to-date' && before.kind !== 'skipped');
  const conflicts = [...before.conflicts, ...after.conflicts];
  return { ...(idle ? before : after), conflicts, files: before.files + after.files };
}

/** Joins two pushes of one run: what was pushed stays pushed. */
export function mergePushes(before: Facts['push'], after: Facts['push']): Facts['push'] {
  if (before.kind !== 'pushed') return after;
  if (after.kind === 'pushed') return { kind: 'pushed', commits: before.commits + after.commits };
  return after.kind === 'nothing-to-push' ? before : after;
}
