import type { Conflict } from '../../model/outcome.js';
import type { AbsolutePath, RelativePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent, makeSharedFolder } from '../../system/files.js';
import { joinPaths, splitPaths } from '../../system/path-bytes.js';
import { localCopyName } from '../local-copy-name.js';
import { blockedBy, blockedFor, inTheWay, pausedBy } from '../placement/in-the-way.js';
import type { IsCommitted } from '../placement/journal.js';
import { BUSY, place } from '../placement/place.js';
import type { Content, CopyName, Surprise, TreeDifference } from '../placement/plan.js';
import { preferredSide } from '../preferred-side.js';
import { stillBeingWritten } from '../still-being-written.js';
import { unplaceableChange } from '../unplaceable.js';
import type { IntegrateRequest, IntegrateResult } from '../vcs.js';
import { gitFailure } from './command.js';
import { commitTree } from './commit-tree.js';
import { matchesContent } from './content.js';
import { type Differences, differenceArguments, parseDifferences } from './difference.js';
import { distrust } from './distrust.js';
import { type IndexFlags, readIndexFlags, restoreIndexFlags } from './index-flags.js';
import { keepIgnored } from './keep-ignored.js';
import { mergeTreeArguments, parseMergeTree } from './merge-tree-parser.js';
import { busy, moveBranch, withIndexLock } from './move-branch.js';
import { preferSide } from './prefer-side.js';
import {
  copyIndex,
  emptyTree,
  type IndexEntry,
  type PrivateIndex,
  refreshIndex,
  writeEntries,
} from './private-index.js';
import type { Repository } from './repository.js';
import { type Settled, settleConflicts } from './settle-conflicts.js';
import { outsideSparseCheckout } from './sparse-checkout.js';
import { COMPOSING_FIRST, isStagedOtherwise } from './staged-otherwise.js';
import { stagingFolder } from './staging-folder.js';
import { readStatus } from './status.js';
import { uniteRuleFiles } from './unite-rule-files.js';

/** Brings the hub's work in: computed in the object store, then placed file by file. */
export async function integrate(repository: Repository, request: IntegrateRequest): Promise<IntegrateResult> {
  const { head, hub } = request;
  if (hub.head === undefined || hub.relation === 'equal' || hub.relation === 'ahead') {
    return done(head ?? '', { kind: 'up-to-date', files: 0, conflicts: [] });
  }
  if (head === undefined || hub.relation === 'behind') {
    return await bringIn(repository, { ...request, to: hub.head, kind: 'fast-forwarded', conflicts: [] });
  }
  const merge = await mergeInStore(repository, { ...request, ours: head, theirs: hub.head });
  const { conflicts, crowded } = merge;
  if (crowded.length > 0 || (conflicts.length > 0 && request.policy === 'pause')) {
    return { kind: 'paused', conflicts, crowded };
  }
  const message = repository.messages.merge(conflicts);
  const to = await commitTree(repository, { tree: merge.tree, parents: [head, hub.head], message });
  return await bringIn(repository, { ...request, to, kind: 'merged', conflicts });
}

const done = (
  head: string,
  outcome: Extract<IntegrateResult, { kind: 'done' }>['outcome'],
): Extract<IntegrateResult, { kind: 'done' }> => ({ kind: 'done', head, outcome });

type MergeRequest = Pick<IntegrateRequest, 'policy' | 'mostCopies'> & {
  readonly ours: string;
  readonly theirs: string;
};

/** Merges two commits in the object store, and settles what conflicts there. */
async function mergeInStore(
  repository: Repository,
  { ours, theirs, policy, mostCopies }: MergeRequest,
): Promise<Settled> {
  const result = await repository.git.run(mergeTreeArguments(ours, theirs));
  // 0: merged; 1: merged with conflicts; anything else is a failure.
  if (result.exitCode !== 0 && result.exitCode !== 1) await repository.git.output(mergeTreeArguments(ours, theirs));
  const merge = await uniteRuleFiles(repository, parseMergeTree(result.stdout));
  if (merge.conflicted.size === 0) return { tree: merge.tree, conflicts: [], crowded: [] };
  const side = preferredSide(policy);
  if (side !== undefined) return await preferSide(repository, { merge, ours, theirs, side });
  return await settleConflicts(repository, { merge, ours, theirs, mostCopies });
}

/** A commit to put in place, and why. */
export type BringInRequest = Pick<IntegrateRequest, 'branch' | 'head' | 'quarantined' | 'displace' | 'mostCopies'> & {
  readonly to: string;
  readonly kind: 'fast-forwarded' | 'merged' | 'revised';
  readonly conflicts: readonly Conflict[];
};

const REASONS = { 'fast-forwarded': 'fast-forward', merged: 'merge', revised: 'by hand' } as const;

/** Puts a commit that is in the object store in place, file by file. */
export async function bringIn(repository: Repository, request: BringInRequest): Promise<IntegrateResult> {
  const from = request.head ?? (await emptyTree(repository));
  const differences = parseDifferences(await repository.git.output(differenceArguments(from, request.to)));
  const { files, submodules } = differences;
  const unsupported = unplaceableChange(differences.index.map(({ path }) => path));
  if (unsupported !== undefined) return { kind: 'blocked', blocked: unsupported };
  const why = stillBeingWritten(request.quarantined, files);
  if (why !== undefined) return done(request.head ?? '', { kind: 'postponed', files: 0, conflicts: [], why });
  // No snapshot has asked: without a commit the branch begins with the hub's, index and all.
  if (request.head === undefined && isStagedOtherwise(await readStatus(repository))) {
    return { kind: 'blocked', blocked: COMPOSING_FIRST };
  }
  const flags = await flagsFor(repository, differences);
  const isLeftOut = (path: RelativePath): boolean =>
    flags.skipWorktree.has(path) && lstatIfPresent(joinPath(repository.top, path)) === undefined;
  const planned = {
    top: repository.top,
    differences: files.filter(({ path }) => !isLeftOut(path)),
    matches: (path: RelativePath, at: AbsolutePath, content: Content) => matchesContent(repository, path, at, content),
    isTracked: async (path: RelativePath) => await isIn(repository, from, path),
    copyName: ownCopyName(repository),
    mostCopies: request.mostCopies,
  };
  const obstacle = request.displace ? undefined : ((await stagedIn(repository, files)) ?? (await inTheWay(planned)));
  if (obstacle !== undefined) return { kind: 'blocked', blocked: blockedBy(obstacle) };
  const placed = await place({
    ...planned,
    staging: stagingFolder(repository),
    branch: request.branch,
    from,
    to: request.to,
    // Git was told not to look at some: what stands there may be in no commit either.
    uncommitted: new Set([
      ...request.quarantined.map(({ path }) => path),
      ...flags.skipWorktree,
      ...flags.assumeUnchanged,
    ]),
    stage: async ({ folder, paths, displaced }) => {
      await keepIgnored(repository, displaced, flags);
      await checkOut(repository, { commit: request.to, folder, paths });
    },
    exclusively: (held, body) => withIndexLock(repository, held, body),
    commit: () => makeOfficial(repository, request, { entries: differences.index, flags }),
    isCommitted: isCommitted(repository),
  });
  if (placed.kind === 'surprise') return surprised(repository, placed.surprise);
  for (const path of submodules) {
    const folder = joinPath(repository.top, path);
    if (lstatIfPresent(folder) === undefined) makeSharedFolder(folder);
  }
  const displaced = placed.displaced.map(({ path, copy }) => ({ path, kind: 'in-the-way' as const, kept: path, copy }));
  const conflicts = [...request.conflicts, ...displaced];
  const kind = request.kind === 'merged' ? 'merged' : 'fast-forwarded';
  return done(request.to, { kind, files: placed.files, conflicts });
}

/** Says what comes of a placement that was taken back. */
function surprised(repository: Repository, surprise: Surprise): IntegrateResult {
  if (surprise.isCrowded === true) return pausedBy(surprise);
  const blocked = blockedFor(surprise);
  if (blocked !== undefined) return { kind: 'blocked', blocked };
  distrust(repository, surprise.path);
  return { kind: 'changed-meanwhile', why: surpriseWords(repository, surprise) };
}

/** Tells whether a tree holds a path. */
const isIn = async ({ git }: Repository, tree: string, path: RelativePath): Promise<boolean> =>
  (await git.output(['ls-tree', '-z', tree, '--', path])).length > 0;

/** Returns a path that comes in and has something staged, which may stand nowhere else. */
async function stagedIn(repository: Repository, files: readonly TreeDifference[]): Promise<RelativePath | undefined> {
  const args = ['diff', '--cached', '--name-only', '--no-renames', '-z'];
  const staged = new Set(splitPaths(await repository.git.output(args)));
  return files.find(({ path }) => staged.has(path))?.path;
}

/** Returns the person's flags, with those that new paths get because his sparse checkout leaves them out. */
async function flagsFor(repository: Repository, { files, index }: Differences): Promise<IndexFlags> {
  const flags = await readIndexFlags(repository);
  const added = new Set<string>();
  for (const file of files) if (file.old === undefined) added.add(file.path);
  const leftOut = await outsideSparseCheckout(
    repository,
    index.filter(({ path, content }) => content !== undefined && added.has(path)),
  );
  return { ...flags, skipWorktree: new Set([...flags.skipWorktree, ...leftOut]) };
}

/** Says what was met; what concerns the whole tree has words of its own. */
function surpriseWords(repository: Repository, surprise: Surprise): string {
  if (surprise.path !== '.') return `'${surprise.path}' ${surprise.what}`;
  return surprise === BUSY ? busy(repository).why : surprise.what;
}

/**
 * Tells whether a branch holds a commit; an ancestor will do, since the person may have committed meanwhile. Where git
 * cannot tell, that is an error: files must not be taken back for it.
 */
export const isCommitted =
  (repository: Repository): IsCommitted =>
  async ({ branch, to }) => {
    const args = ['merge-base', '--is-ancestor', to, `refs/heads/${branch}`];
    const result = await repository.git.run(args);
    if (result.exitCode === 0) return true;
    // Without the branch, or without the commit, it is not committed.
    if (result.exitCode === 1 || /Not a valid (object|commit) name/.test(result.stderr)) return false;
    throw gitFailure(args, result);
  };

/** Names the copies that this machine makes of files that are in no commit. */
export const ownCopyName = ({ settings, now, objectFormat }: Repository): CopyName =>
  localCopyName({ machine: settings.machine, now, algorithm: objectFormat });

/**
 * Writes files of a commit below a folder, complete, with the person's own filters and line endings applied. The folder
 * is git's working tree for this: in the person's own, git would follow the old `.gitattributes`, not the commit's.
 */
async function checkOut(
  repository: Repository,
  request: { readonly commit: string; readonly folder: AbsolutePath; readonly paths: readonly RelativePath[] },
): Promise<void> {
  if (request.paths.length === 0) return;
  const index = copyIndex(repository);
  const env = { GIT_INDEX_FILE: index.file };
  await repository.git.output(['read-tree', '--empty'], { env });
  await repository.git.output(['read-tree', request.commit], { env });
  const places = [`--git-dir=${repository.gitDir}`, `--work-tree=${request.folder}`];
  const args = [...places, 'checkout-index', '--force', '-z', '--stdin'];
  await repository.git.output(args, { env, input: joinPaths(request.paths) });
}

/** Puts the index that belongs to the new commit in place and moves the branch; says why when it cannot. */
async function makeOfficial(
  repository: Repository,
  request: BringInRequest,
  change: IndexChange,
): Promise<true | string> {
  const index = await newIndex(repository, change);
  const { branch, head: from, to, kind } = request;
  const moved = await moveBranch(repository, { branch, from, to, index, reason: REASONS[kind] });
  return moved.kind === 'moved' ? true : moved.why;
}

type IndexChange = { readonly entries: readonly IndexEntry[]; readonly flags: IndexFlags };

/** Makes the index of the new commit from the person's own: only what differs is changed, his flags stay. */
async function newIndex(repository: Repository, { entries, flags }: IndexChange): Promise<PrivateIndex> {
  const index = copyIndex(repository);
  await writeEntries(repository, index, entries);
  const present = entries.filter(({ content }) => content !== undefined);
  await restoreIndexFlags(repository, index, { flags, paths: present.map(({ path }) => path) });
  await refreshIndex(repository, index);
  return index;
}
