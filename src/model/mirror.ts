import type { AbsolutePath } from './paths.js';
import type { Schedule } from './schedule.js';

/** What starts a run of a mirror, besides a person: a push or commit in the repository, the schedule, or whoever rings. */
export type MirrorTrigger = 'hook' | 'schedule' | 'webhook';

/** Who turns changesets into commits: our own exporter, or hg-git in a repository that has been mirrored by it. */
export type MirrorBackend = 'export' | 'hggit';

/** One Mercurial repository whose history is kept in a git repository as well. */
export type Mirror = {
  readonly name: string;
  /** An absolute path or a URL, as hg takes it. */
  readonly source: string;
  /** An absolute path or a URL, as git takes it. */
  readonly destination: string;
  readonly backend: MirrorBackend;
  readonly triggers: readonly MirrorTrigger[];
  readonly schedule: Schedule;
  /** The git branch that Mercurial's `default` becomes. */
  readonly defaultBranch: string;
  /** A file with lines `<Mercurial user> = <Name> <email>`. */
  readonly authors: AbsolutePath | undefined;
};

/** How a mirror stands after a run. */
export type MirrorVerdict = 'mirrored' | 'conflict' | 'offline' | 'attention' | 'failed' | 'skipped';

/**
 * What became of one ref of the git side. `moved-there`: it stands where the mirror never put it, and is left alone;
 * `refused`: the host said no; `kept`: it is wanted no more, but taking it away would lose commits.
 */
export type MirrorRef = {
  readonly ref: string;
  readonly kind: 'created' | 'advanced' | 'tag-moved' | 'removed' | 'moved-there' | 'refused' | 'kept';
  readonly why?: string;
};

/** A file that git cannot hold, and the changeset that has it. */
export type LeftOutFile = { readonly changeset: string; readonly path: string };

/** What comparing every revision came to. */
export type Verification = {
  readonly revisions: number;
  readonly differences: readonly { readonly changeset: string; readonly why: string }[];
};

/** What one run of a mirror did; the JSON of `mirror run` is a list of these. */
export type MirrorReport = {
  readonly name: string;
  readonly source: string;
  readonly destination: string;
  readonly verdict: MirrorVerdict;
  /** One line for a person; empty when all is mirrored. */
  readonly why: string;
  /** Changesets that this run turned into commits. */
  readonly exported: number;
  /** Changesets that the source had when it was last read. */
  readonly changesets: number;
  /** How many of them the git side does not have. */
  readonly lag: number;
  /** Only refs to which something happened. */
  readonly refs: readonly MirrorRef[];
  readonly leftOut: readonly LeftOutFile[];
  /** Null when it was not asked for. */
  readonly verified: Verification | null;
  readonly durationMs: number;
};
