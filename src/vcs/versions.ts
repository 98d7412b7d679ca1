import type { Quarantined } from '../model/change.js';
import type { Blocked } from '../model/outcome.js';
import type { RelativePath } from '../model/paths.js';
import type { Content, TreeDifference } from './placement/plan.js';

/** A commit, as a person needs to know it. */
export type Revision = {
  /** The full id. */
  readonly id: string;
  /** Milliseconds since 1970 at which it was committed. */
  readonly at: number;
  /** The author's name. */
  readonly author: string;
  /** The machine that the commit names; undefined where it names none, as one that was made by hand. */
  readonly machine: string | undefined;
  /** Its message; the first line says the event. */
  readonly message: string;
};

/** One version of a file: what a commit made of it. */
export type FileVersion = Revision & {
  /** The file's name then; of a removal, the name that went. */
  readonly path: RelativePath;
  readonly change: 'added' | 'modified' | 'removed' | 'renamed';
  /** Bytes as they are kept in the history; undefined for a removal, and for a submodule. */
  readonly size: number | undefined;
};

/** Which versions of which file: those that a commit stands on. */
export type ListRequest = { readonly path: RelativePath; readonly from: string; readonly limit: number };

/** Which commits: those that `from` stands on, not older than `since` (milliseconds since 1970), the newest first. */
export type RecentRequest = { readonly from: string; readonly since: number; readonly limit: number };

/** A commit that is looked for: by (the beginning of) its id, or the newest of a branch's own line that is not later. */
export type Moment =
  | { readonly kind: 'revision'; readonly id: string }
  | { readonly kind: 'time'; readonly at: number };

/** One file of a commit. */
export type FileEntry = { readonly path: RelativePath; readonly content: Content };

/** What a path is to hold: nothing, what it or another path held in a commit, or some bytes. */
export type Edit = {
  readonly path: RelativePath;
  readonly to:
    | { readonly kind: 'nothing' }
    | { readonly kind: 'version'; readonly revision: string; readonly path: RelativePath }
    | { readonly kind: 'bytes'; readonly bytes: Buffer; readonly mode: Content['mode'] };
};

/** A commit to make on top of the one that the working tree stands on, and to put in place there. */
export type ReviseRequest = {
  readonly branch: string;
  readonly head: string;
  readonly edits: readonly Edit[];
  readonly message: string;
  /** Paths whose content on disk is in no commit. */
  readonly quarantined: readonly Quarantined[];
};

/** What became of it: `unchanged` where the edits say what is there already. */
export type ReviseResult =
  | { readonly kind: 'done'; readonly head: string; readonly files: number }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'blocked'; readonly blocked: Blocked }
  | { readonly kind: 'changed-meanwhile'; readonly why: string };

/**
 * ★ What the history of one working tree holds, and how a version comes back. Every implementation passes
 * `test/contract/versions.test.ts`. But for {@link Versions.revise} they only look. A commit is named by its full id;
 * `<id>^1` and `<id>^2` name its parents.
 */
export type Versions = {
  /** Lists the versions of a file, newest first, through renames; also of one that is gone. */
  readonly list: (request: ListRequest) => Promise<readonly FileVersion[]>;
  /** Lists the commits since a time, newest first. */
  readonly recent: (request: RecentRequest) => Promise<readonly Revision[]>;
  /** Finds a commit; a time is looked for on the line of first parents below `from`. */
  readonly find: (moment: Moment, from: string) => Promise<Revision | undefined>;
  /** Lists the file at a path, or the files below it; submodules are left out. */
  readonly entries: (revision: string, path?: RelativePath) => Promise<readonly FileEntry[]>;
  /** Says in which files two commits differ. */
  readonly differences: (from: string, to: string) => Promise<readonly TreeDifference[]>;
  /** Reads a file of a commit, as it would stand in a working tree; undefined where there is none. */
  readonly read: (revision: string, path: RelativePath) => Promise<Buffer | undefined>;
  /** Finds the best common ancestor of two commits. */
  readonly ancestor: (one: string, other: string) => Promise<string | undefined>;
  /** Returns the hub's commit of a branch, as it was last seen. */
  readonly hubHead: (branch: string) => Promise<string | undefined>;
  /** Lists the paths in the tree whose name, or whose folder's, is a conflict copy's; ignored ones that we made count. */
  readonly copies: () => Promise<readonly RelativePath[]>;
  /**
   * Makes a commit in the store and puts it in place like one of the hub's: file by file, with everything taken back
   * when a file is not as `head` has it.
   */
  readonly revise: (request: ReviseRequest) => Promise<ReviseResult>;
};
