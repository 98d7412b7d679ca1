import type { Change, Quarantined } from '../model/change.js';
import type {
  Blocked,
  Conflict,
  FetchOutcome,
  IntegrateOutcome,
  PushOutcome,
  Relation,
  SnapshotOutcome,
} from '../model/outcome.js';
import type { AbsolutePath, RelativePath } from '../model/paths.js';
import type { ConflictPolicy, HookSite, Settings } from '../model/repo.js';
import type { VcsKind } from '../model/report.js';
import type { MergeTools } from './merge-tool.js';
import type { Versions } from './versions.js';

/** How a working tree stands, as one cheap look tells. */
export type WorkingTreeState = {
  readonly branch: string;
  /** The full id of the commit the branch stands on; undefined on an unborn branch. */
  readonly head: string | undefined;
  /** Why nothing here may be touched; undefined when all is well. */
  readonly blocked: Blocked | undefined;
  /** Whether anything differs from the last commit. */
  readonly dirty: boolean;
};

/** What a snapshot may wait for, and take. */
export type SnapshotRequest = {
  readonly state: WorkingTreeState;
  /** Wait once for files that were changed a moment ago: runs by the scheduler or a hook do. */
  readonly settle: boolean;
  /** Paths that were still changing in earlier runs, with how many runs in a row. */
  readonly stillChanging: Readonly<Record<string, number>>;
  /** Take the removal of every file of a folder that stands there empty. */
  readonly allowDeletions: boolean;
  /** Say what would be committed, and commit nothing. */
  readonly dryRun: boolean;
};

/** The trailer that names the machine a commit was made on. */
export const MACHINE_TRAILER = 'Autosync-Machine';

/** How this machine words its commits. */
export type CommitMessages = {
  readonly snapshot: (changes: readonly Change[]) => string;
  readonly backup: (changes: readonly Change[]) => string;
  readonly merge: (conflicts: readonly Conflict[]) => string;
  /** Whether the person has worded this run's snapshot himself. */
  readonly isGivenByHand: boolean;
};

/** A snapshot, or the reason why none may be made now. */
export type SnapshotResult =
  | ({ readonly kind: 'done'; readonly head: string | undefined } & SnapshotOutcome)
  | { readonly kind: 'blocked'; readonly blocked: Blocked; readonly quarantined: readonly Quarantined[] }
  | { readonly kind: 'changed-meanwhile'; readonly why: string };

/** A backup to make; it looks at the hub, and sends only where that is asked for. */
export type BackupRequest = SnapshotRequest & { readonly push: boolean };

/** A backup: what of it is new, and how this machine's own branch on the hub stands. */
export type BackupResult =
  | ({ readonly kind: 'done'; readonly fetch: FetchOutcome; readonly push: PushOutcome } & SnapshotOutcome)
  | Extract<SnapshotResult, { kind: 'blocked' }>;

/** What is known of the hub's branch after looking. */
export type HubState = {
  readonly relation: Relation;
  /** The hub's commit; undefined when it has no such branch yet. */
  readonly head: string | undefined;
  readonly ahead: number;
  readonly behind: number;
  /** What of the branch no run brings in or sends, and what the person can do about it; left out where it is nothing. */
  readonly leftAlone?: string;
  /** Other branches on which there is work that no hub is known to have. */
  readonly leftBehind?: readonly LeftBehind[];
};

/** A branch that the person committed to, and left before it was sent. */
export type LeftBehind = {
  readonly branch: string;
  readonly head: string;
  /** How many commits no hub is known to have. */
  readonly commits: number;
  /** Whether a run may send it; where not, sending might bring back what somebody has taken away. */
  readonly mayBeSent: boolean;
  /** The command that sends it. */
  readonly way: string;
};

/** A look at the hub. */
export type FetchResult =
  | { readonly kind: 'fetched'; readonly hub: HubState }
  | Extract<FetchOutcome, { kind: 'unavailable' }>
  | { readonly kind: 'blocked'; readonly blocked: Blocked };

/** Snapshots to make one of, where nobody but this branch has them; the hub must have been looked at just before. */
export type SquashRequest = {
  readonly branch: string;
  readonly head: string;
  /** The hub's commit; undefined when it has no such branch yet. */
  readonly hub: string | undefined;
  /** Whether they are about to be sent; else only those count that nothing has followed for as long as the setting says. */
  readonly isPublishing: boolean;
};

/** Where the branch stands afterwards, and by how many commits it is shorter. */
export type SquashResult =
  | { readonly kind: 'done'; readonly head: string; readonly squashed: number }
  | { readonly kind: 'changed-meanwhile'; readonly why: string };

/** Bringing the hub's work in. */
export type IntegrateResult =
  | { readonly kind: 'done'; readonly head: string; readonly outcome: IntegrateOutcome }
  /** Left to a person: because the policy says so, or because of files that have as many copies as they may. */
  | { readonly kind: 'paused'; readonly conflicts: readonly Conflict[]; readonly crowded: readonly RelativePath[] }
  | { readonly kind: 'blocked'; readonly blocked: Blocked }
  /** Somebody saved or committed meanwhile: everything is as it was, the run starts again from its snapshot. */
  | { readonly kind: 'changed-meanwhile'; readonly why: string };

/** What integrating needs to know. */
export type IntegrateRequest = {
  readonly branch: string;
  readonly head: string | undefined;
  readonly hub: HubState;
  readonly policy: ConflictPolicy;
  /** So many conflict copies of one file may stand in the tree; a conflict that would make one more is left to a person. */
  readonly mostCopies: number;
  /** Paths whose content on disk is not in any commit: an incoming version moves such a file aside first. */
  readonly quarantined: readonly Quarantined[];
  /** Whether what is in no commit may be moved aside; where not, its being in the way blocks (`in-the-way`). */
  readonly displace: boolean;
};

/**
 * ★ One working tree under one version control system. Every implementation passes `test/contract/vcs.test.ts`.
 *
 * None of these ever prompts, runs longer than its time limits, rewrites history that anybody else may have, forces a push, or writes to the
 * person's files outside {@link WorkingTree.integrate}, which puts whole files in place one by one and takes
 * everything back when it meets a file that is not as expected. What is expected is a value; a throw is a bug or
 * an `AutosyncError`. Killed at any moment, {@link WorkingTree.heal} of the next run restores what was begun.
 */
export type WorkingTree = {
  readonly vcs: VcsKind;
  readonly top: AbsolutePath;
  /** The folder inside the repository's metadata that is ours: lock, private index, journal. */
  readonly privateFolder: AbsolutePath;
  /** Where the version control system looks for hooks now. */
  readonly hookSite: HookSite;
  /** Where it looks unless it is told otherwise; the two differ while `core.hooksPath` is set. */
  readonly defaultHookSite: HookSite;
  /** Mends what an earlier run of ours left when it was killed, and nothing that is the person's. */
  readonly heal: () => Promise<readonly string[]>;
  /** Mends what an unexpected failure's words say is damaged, as a power cut leaves it; says what was done, if anything. */
  readonly mend: (words: string) => Promise<readonly string[]>;
  /** Marks that a run is under way, so that the next one knows when this one was killed; `end` takes the mark back. */
  readonly begin: () => void;
  readonly end: () => void;
  /** What is worth doing once a day: old pins, the store's own tidying. */
  readonly housekeeping: () => Promise<void>;
  /** Takes back what autosync keeps inside the repository, but nothing that alone still protects work. */
  readonly forget: () => Promise<void>;
  readonly inspect: () => Promise<WorkingTreeState>;
  /** Commits what changed; what cannot be taken is named and left out. */
  readonly snapshot: (request: SnapshotRequest) => Promise<SnapshotResult>;
  /**
   * Puts all that stands in the working tree, as a snapshot would take it, on this machine's own branch on the hub
   * (`autosync/<machine>/<branch>`), after what stands there already; branch, index and files are left as they are.
   */
  readonly backUp: (request: BackupRequest) => Promise<BackupResult>;
  /** Sends what a snapshot could not commit (refused, staged) or may not merge to this machine's own branch on the hub. */
  readonly publishAside: (branch: string) => Promise<PushOutcome>;
  readonly fetch: (state: WorkingTreeState) => Promise<FetchResult>;
  /** Makes one commit of the unpublished snapshots of each sitting, as the setting `squash` says; the tree stays the same. */
  readonly squash: (request: SquashRequest) => Promise<SquashResult>;
  readonly integrate: (request: IntegrateRequest) => Promise<IntegrateResult>;
  /** Sends the branch; another machine being first is a rejection with the reason `moved`. */
  readonly push: (branch: string, hub: HubState) => Promise<PushOutcome>;
  /** Sends a branch that nobody stands on, as it is, where the hub has nothing on it that it does not continue. */
  readonly sendLeftBehind: (left: LeftBehind) => Promise<PushOutcome>;
  /**
   * Counts the commits (in the mode `backup`: the backups) that the hub did not have when last seen; undefined when there
   * is nothing to compare with.
   */
  readonly unpushed: (branch: string) => Promise<number | undefined>;
  /** Looks again: the paths that are not in the last commit, or, in the mode `backup`, in the last backup. */
  readonly uncommitted: () => Promise<readonly RelativePath[]>;
  /** Folders of which no snapshot ever takes anything, as far as that is cheap to tell; nobody need watch them. */
  readonly ignoredFolders: () => Promise<readonly RelativePath[]>;
  /** What the history holds, and how a version comes back. */
  readonly versions: Versions;
  /** The programs in which the person merges by hand. */
  readonly mergeTools: MergeTools;
  /** The subrepositories, where the person wants them kept in step. */
  readonly subrepositories?: Subrepositories;
};

/** A repository inside a working tree that the tree names as a part of it, and at which commit. */
export type Subrepository = {
  readonly path: RelativePath;
  /** The commit that the tree says it stands on; undefined where it says none yet. */
  readonly named: string | undefined;
} & (
  | { readonly kind: 'here' | 'missing' }
  /** Of another system, or of none that the person lets take part. */
  | { readonly kind: 'foreign' }
  /** Not to be touched, or not to be had. */
  | { readonly kind: 'left-out'; readonly why: string }
);

/** A subrepository that is open, as it stands. */
export type MeetRequest = Pick<IntegrateRequest, 'branch' | 'head' | 'quarantined'> & {
  readonly subrepository: Subrepository;
  /** Whether its hub may be asked for what the tree names. */
  readonly pull: boolean;
};

/** How a subrepository stands to what the tree says of it, after it was brought there where nothing speaks against it. */
export type Met =
  | { readonly kind: 'agrees' }
  /** It went on by itself: the tree is to say so. */
  | { readonly kind: 'went-on' }
  /** Both went on: what the tree names is to be merged first. */
  | { readonly kind: 'diverged'; readonly named: string }
  | Exclude<IntegrateResult, { kind: 'paused' }>
  | Extract<FetchOutcome, { kind: 'unavailable' }>;

/**
 * The subrepositories of one working tree, each a repository of its own with a hub of its own. None is fetched from
 * anywhere but below the tree's own hub or where the person allows it, and none of his is touched because a push names it.
 */
export type Subrepositories = {
  readonly list: () => Promise<readonly Subrepository[]>;
  readonly clone: (subrepository: Subrepository) => Promise<CloneResult>;
  readonly open: (subrepository: Subrepository) => Promise<Opened>;
  /** Tells whether an open one stands on commits that its hub is not known to have. */
  readonly hasUnsent: (subrepository: Subrepository) => Promise<boolean>;
  /** Asks the hub of an open one, once, whether it still has the commit that it stands on. */
  readonly isAtHub: (subrepository: Subrepository) => Promise<boolean>;
  readonly meet: (request: MeetRequest) => Promise<Met>;
  /** Writes into the tree where its subrepositories stand; tells whether that is news. */
  readonly record: (stands: ReadonlyMap<RelativePath, string>) => boolean;
};

/** What opening a working tree takes. */
export type OpenOptions = {
  readonly settings: Settings;
  readonly messages: CommitMessages;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly progress?: (text: string) => void;
};

/** What stands at a path. */
export type Opened =
  | { readonly kind: 'opened'; readonly tree: WorkingTree }
  | { readonly kind: 'not-a-repository' }
  | { readonly kind: 'bare' }
  | { readonly kind: 'refused'; readonly why: string; readonly hint: string };

/** How a working tree stands beside its last commit and the hub, without a word on why. */
export type Look = {
  readonly branch: string;
  /** What {@link WorkingTree.unpushed} counts. */
  readonly unpushed: number | undefined;
  /** How many paths {@link WorkingTree.uncommitted} lists. */
  readonly uncommitted: number;
};

/** One version control system. */
export type Vcs = {
  readonly kind: VcsKind;
  /** Looks at a working tree as cheaply as can be, for many of them in a row; undefined when there is none. */
  readonly look: (path: AbsolutePath, options: OpenOptions) => Promise<Look | undefined>;
  /** Opens the working tree that a path is the top of, or lies in. */
  readonly open: (path: AbsolutePath, options: OpenOptions) => Promise<Opened>;
  /** The names of the remotes that a working tree knows. */
  readonly remotes: (top: AbsolutePath) => Promise<readonly string[]>;
  readonly clone: (request: CloneRequest) => Promise<CloneResult>;
};

/** A clone to make. */
export type CloneRequest = {
  readonly url: string;
  readonly folder: AbsolutePath;
  readonly networkTimeoutMs: number;
  /** The commit to stand on; without it, the newest of the branch that the hub begins with. */
  readonly revision?: string;
  readonly progress?: (text: string) => void;
};

/** What became of a clone. */
export type CloneResult =
  | { readonly kind: 'cloned' }
  | Extract<FetchOutcome, { kind: 'unavailable' }>
  | { readonly kind: 'refused'; readonly why: string; readonly hint: string };
