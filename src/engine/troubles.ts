import type { BlockedKind, Conflict, RejectReason, RemoteFailure } from '../model/outcome.js';
import type { RepoReport } from '../model/report.js';
import type { Notification } from '../notify/notifier.js';

/** How long a trouble may last before a person is told: a hub out of reach is a setting's matter, the rest is fixed. */
export type Patience = 'none' | 'second-run' | 'an-hour' | 'offline-hours';

/** Something wrong that a report tells of. */
export type Trouble = {
  /** Names it from one run to the next: `auth`, `blocked:merge`, … */
  readonly key: string;
  readonly event: Notification['event'];
  readonly patience: Patience;
  /** What is wrong, in a few words that follow the repository's name. */
  readonly title: string;
};

/** What only a person can mend; `offline`, `timeout` and `other` may pass. */
const PERSONAL: Readonly<Partial<Record<RemoteFailure, string>>> = {
  auth: 'the hub did not accept the credentials',
  'host-key': "the hub's host key is not trusted",
  certificate: "the hub's certificate is not trusted",
  'not-found': 'the hub has no such repository',
  'disk-full': 'the disk is full',
  'own-hook': 'a hook lets nothing in from the hub',
};

/** What the hub will say again tomorrow; when another machine was first (`moved`), the next run mends it. */
const REJECTED: Readonly<Record<Exclude<RejectReason, 'moved'>, string>> = {
  locked: 'the hub is locked',
  hook: 'a hook on the hub refused the push',
  protected: 'the branch is protected on the hub',
  'too-large': 'a file is too large for the hub',
  'read-only': 'the hub is read-only',
  quota: 'the quota on the hub is used up',
  other: 'the hub refused the push',
};

/** First what a person does and usually ends within the hour, then what nobody else will end. */
const BLOCKED: Readonly<Record<BlockedKind, Pick<Trouble, 'patience' | 'title'>>> = {
  merge: { patience: 'an-hour', title: 'waiting for a merge to end' },
  rebase: { patience: 'an-hour', title: 'waiting for a rebase to end' },
  'cherry-pick': { patience: 'an-hour', title: 'waiting for a cherry-pick to end' },
  revert: { patience: 'an-hour', title: 'waiting for a revert to end' },
  bisect: { patience: 'an-hour', title: 'waiting for a bisect to end' },
  graft: { patience: 'an-hour', title: 'waiting for a graft to end' },
  histedit: { patience: 'an-hour', title: 'waiting for a histedit to end' },
  update: { patience: 'an-hour', title: 'waiting for an update to end' },
  shelve: { patience: 'an-hour', title: 'waiting for an unshelve to end' },
  topic: { patience: 'an-hour', title: 'waiting for a topic to end' },
  detached: { patience: 'an-hour', title: 'waiting for a branch to be checked out' },
  staged: { patience: 'an-hour', title: 'waiting for what is staged to be committed' },
  unresolved: { patience: 'an-hour', title: 'waiting for files to be resolved' },
  locked: { patience: 'an-hour', title: 'waiting for another program' },
  unborn: { patience: 'an-hour', title: 'waiting for a first commit' },
  'history-rewritten': { patience: 'none', title: 'the history was rewritten on the hub' },
  'branch-deleted': { patience: 'none', title: 'the branch was deleted on the hub' },
  'unrelated-history': { patience: 'none', title: 'the hub has an unrelated history' },
  'emptied-folder': { patience: 'none', title: 'the folder was emptied' },
  'mass-deletion': { patience: 'none', title: 'many files are gone at once' },
  diverged: { patience: 'none', title: 'this branch and the hub have parted' },
  'in-the-way': { patience: 'none', title: 'what is not committed is in the way' },
  damaged: { patience: 'none', title: 'the repository is damaged' },
  unsupported: { patience: 'none', title: 'the repository is of a kind that is left alone' },
  missing: { patience: 'none', title: 'the folder is gone' },
};

/** Returns a report's conflicts: those settled, with their files in place, and those that hold the repository up. */
export const conflictsOf = ({ integrate }: RepoReport): readonly Conflict[] =>
  integrate.kind === 'postponed' ? [] : integrate.conflicts;

/** Returns what is wrong after a run. A conflict that was settled by keeping both versions is over, and not wrong. */
export function findTroubles(report: RepoReport): readonly Trouble[] {
  const troubles = [heldConflict(report), blockade(report), failure(report)];
  return troubles.filter((trouble) => trouble !== undefined);
}

function heldConflict(report: RepoReport): Trouble | undefined {
  const { verdict, integrate } = report;
  const unnamed = verdict === 'conflict' && integrate.conflicts.length === 0;
  if (integrate.kind !== 'paused' && !unnamed) return undefined;
  return { key: 'conflict', event: 'conflict', patience: 'none', title: 'conflict' };
}

function blockade({ verdict, blocked }: RepoReport): Trouble | undefined {
  if (verdict !== 'blocked' || blocked === null) return undefined;
  return { key: `blocked:${blocked.kind}`, event: 'blocked', ...BLOCKED[blocked.kind] };
}

function failure(report: RepoReport): Trouble | undefined {
  const { verdict } = report;
  if (verdict !== 'offline' && verdict !== 'attention' && verdict !== 'failed') return undefined;
  const cause = personalCause(report);
  if (cause !== undefined) return { ...cause, event: verdict === 'failed' ? 'failed' : 'attention', patience: 'none' };
  switch (verdict) {
    case 'offline':
      return { key: 'offline', event: 'offline', patience: 'offline-hours', title: 'the hub is out of reach' };
    case 'attention':
      return { key: 'attention', event: 'attention', patience: 'none', title: 'needs you' };
    case 'failed':
      return { key: 'failed', event: 'failed', patience: 'second-run', title: 'failed again' };
  }
}

function personalCause({ commit, fetch, push }: RepoReport): Pick<Trouble, 'key' | 'title'> | undefined {
  if (commit.kind === 'refused') return { key: 'refused', title: 'the commit was refused' };
  if (push.kind === 'rejected' && push.reason !== 'moved') {
    return { key: `rejected:${push.reason}`, title: REJECTED[push.reason] };
  }
  for (const outcome of [fetch, push]) {
    if (outcome.kind !== 'unavailable') continue;
    const title = PERSONAL[outcome.reason];
    if (title !== undefined) return { key: outcome.reason, title };
  }
  return undefined;
}
