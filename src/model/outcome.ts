import type { Change, Quarantined } from './change.js';
import type { RelativePath } from './paths.js';

/** How the branch stands to the hub's branch of the same name. */
export type Relation = 'equal' | 'ahead' | 'behind' | 'diverged' | 'no-upstream';

/** Why a remote could not be used. */
export type RemoteFailure =
  | 'offline'
  | 'auth'
  | 'not-found'
  | 'timeout'
  | 'host-key'
  | 'certificate'
  | 'disk-full'
  /** A hook of the person's lets nothing in. */
  | 'own-hook'
  | 'other';

/** What became of the snapshot's commit. */
export type CommitOutcome = {
  readonly kind: 'clean' | 'committed' | 'refused' | 'skipped';
  readonly id?: string;
  readonly message?: string;
  readonly why?: string;
  readonly changes: readonly Change[];
};

/** What became of looking at the hub. */
export type FetchOutcome =
  | { readonly kind: 'fetched'; readonly relation: Relation }
  | { readonly kind: 'unavailable'; readonly reason: RemoteFailure; readonly why: string }
  | { readonly kind: 'skipped' };

/** What two sides did to one path. */
export type ConflictKind =
  | 'content'
  | 'both-added'
  | 'modify-delete'
  | 'rename'
  | 'file-directory'
  | 'mode'
  | 'binary'
  | 'submodule'
  | 'in-the-way';

/**
 * A conflict that was settled (or, with the policy `pause`, found): `kept` is where the winning version stands,
 * `copy` where the other one is kept; either is empty when there is no such file.
 */
export type Conflict = {
  readonly path: RelativePath;
  readonly kind: ConflictKind;
  readonly kept?: RelativePath;
  readonly copy?: RelativePath;
};

/** What became of bringing the hub's work in. */
export type IntegrateOutcome = {
  readonly kind: 'up-to-date' | 'fast-forwarded' | 'merged' | 'postponed' | 'paused' | 'skipped';
  readonly files: number;
  readonly conflicts: readonly Conflict[];
  readonly why?: string;
};

/** What became of sending our work to the hub. */
export type PushOutcome =
  | { readonly kind: 'pushed'; readonly commits: number }
  | { readonly kind: 'nothing-to-push' }
  | { readonly kind: 'rejected'; readonly reason: RejectReason; readonly why: string }
  | { readonly kind: 'unavailable'; readonly reason: RemoteFailure; readonly why: string }
  | { readonly kind: 'not-attempted'; readonly why: string };

/** A push that nobody wanted. */
export const NOT_ASKED_FOR: PushOutcome = { kind: 'not-attempted', why: 'not asked for' };

/** Why the hub answered no: `moved` means another machine was first, `locked` that one is at work there, or died. */
export type RejectReason = 'moved' | 'locked' | 'hook' | 'protected' | 'too-large' | 'read-only' | 'quota' | 'other';

/** A state in which nothing of the person's may be touched. */
export type BlockedKind =
  | 'merge'
  | 'rebase'
  | 'cherry-pick'
  | 'revert'
  | 'bisect'
  | 'graft'
  | 'histedit'
  | 'update'
  | 'shelve'
  | 'topic'
  | 'detached'
  | 'staged'
  | 'unresolved'
  | 'locked'
  | 'history-rewritten'
  | 'branch-deleted'
  | 'unrelated-history'
  | 'emptied-folder'
  | 'mass-deletion'
  | 'diverged'
  | 'in-the-way'
  | 'unborn'
  | 'damaged'
  | 'unsupported'
  | 'missing';

/** Why a repository is left alone, and the one line that ends it. */
export type Blocked = { readonly kind: BlockedKind; readonly hint: string };

/** The snapshot as the version control system made it. */
export type SnapshotOutcome = { readonly commit: CommitOutcome; readonly quarantined: readonly Quarantined[] };
