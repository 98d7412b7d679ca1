import type { AbsolutePath } from './paths.js';
import type { VcsKind } from './report.js';
import type { Schedule } from './schedule.js';

/**
 * What to do when both sides changed the same thing: keep both versions, leave it to a person, or take one side's; the
 * other's stays in the history.
 */
export type ConflictPolicy = 'keep-both' | 'pause' | 'prefer-local' | 'prefer-remote';

/** What a run does: everything, or only put the work on a branch of this machine's own, or only follow the hub. */
export type Mode = 'sync' | 'backup' | 'follow';

/** How many files may be gone at once before a snapshot asks: more than a share of those there were, or than a number. */
export type DeletionsLimit =
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'count'; readonly files: number }
  | { readonly kind: 'off' };

/** The settings that say what snapshots take: fast-glob patterns. */
export type RuleName = 'include' | 'ignore';

/** Such settings, as a run has known them. */
export type Rules = Readonly<Record<RuleName, readonly string[]>>;

/** A repository's settings, every one with its value. */
export type Settings = {
  /** This machine's name in commit messages, conflict copies and branches. */
  readonly machine: string;
  readonly schedule: Schedule;
  readonly mode: Mode;
  readonly conflict: ConflictPolicy;
  /** So many conflict copies of one file are made before a person is waited for. */
  readonly mostConflictCopies: number;
  /** The remote to use; empty means the branch's own upstream, or the only remote there is. */
  readonly remote: string;
  readonly settleSeconds: number;
  readonly maxFileBytes: number;
  /** fast-glob patterns of what snapshots take; empty means everything. */
  readonly include: readonly string[];
  /** fast-glob patterns of what snapshots leave out. */
  readonly ignore: readonly string[];
  /** Whether new private keys and `.env` files are left out. */
  readonly secretsGuard: boolean;
  readonly deletionsLimit: DeletionsLimit;
  /** The first line of a snapshot's message; `{event}` stands for what happened, `{machine}` for the machine. */
  readonly message: string;
  /** Unpublished snapshots that lie less than so many seconds apart become one; 0 leaves each as it is. */
  readonly squashSeconds: number;
  readonly sign: boolean;
  readonly trackedHooks: boolean;
  /** Whether hg's subrepositories are kept in step, too. */
  readonly subrepositories: boolean;
  /** Where subrepositories may be cloned from, besides what lies below the repository's own hub. */
  readonly subrepositorySources: readonly string[];
  readonly networkTimeoutSeconds: number;
  readonly notify: boolean;
  readonly notifyCommand: readonly string[];
  readonly notifyIncoming: boolean;
  /** A program, with its arguments, that is given each new conflict; empty for none. */
  readonly conflictCommand: readonly string[];
  /** The merge tool that a person wants, with its arguments; empty for that of git or hg. */
  readonly mergeTool: readonly string[];
  /** Hours that a hub must be out of reach before it is news. */
  readonly offlineNewsHours: number;
};

/** Settings as they were found: a file in the working tree may not be usable as it is. */
export type FoundSettings = Settings & {
  /** Which of the rules would come from such a file; none unless it is given. */
  readonly unknownRules?: readonly RuleName[];
};

/** One repository that is installed. */
export type RegisteredRepo = {
  /** Names the repository's own files: a readable part and a hash of the path. */
  readonly id: string;
  readonly path: AbsolutePath;
  readonly vcs: VcsKind;
  /** Whether hooks are to be kept in place. */
  readonly hooks: boolean;
  readonly settings: FoundSettings;
};

/** Where a repository's hooks live, and whose that place is. */
export type HookSite = {
  readonly vcs: VcsKind;
  readonly folder: AbsolutePath;
  /**
   * `own`: inside the repository's own metadata, or ignored in its working tree. `tracked`: in the working tree.
   * `shared`: outside, for several repositories.
   */
  readonly owner: 'own' | 'tracked' | 'shared';
  /** git's: the repository's configuration file, and whether its git runs hooks that are named there, too. */
  readonly config?: { readonly file: AbsolutePath; readonly runsHooks: boolean } | undefined;
  /** git's: other folders of this clone alone, where hooks of ours may stand that no git runs any more. */
  readonly former?: readonly AbsolutePath[];
};
