import type { Quarantined } from '../../model/change.js';
import { remove } from '../../system/files.js';
import type { SnapshotRequest, SnapshotResult } from '../vcs.js';
import { commitTree } from './commit-tree.js';
import { rememberSnapshots } from './made-snapshots.js';
import { busy, moveBranch, withIndexLock } from './move-branch.js';
import { changesSince, prepare } from './prepare.js';
import { emptyTree, type PrivateIndex, refreshIndex, writeTree } from './private-index.js';
import type { Repository } from './repository.js';
import { COMPOSING, isStagedOtherwise } from './staged-otherwise.js';
import type { Status } from './status-parser.js';
import { runCommitMessage, runPreCommit } from './user-hooks.js';

/** What the git adapter needs besides the request: git's own list, and where a tree that may not be committed goes. */
export type SnapshotContext = {
  readonly status: Status;
  /** Is told the tree of a snapshot that could not be committed, so that it can leave the machine all the same. */
  readonly keepAside: (tree: string) => void;
};

/**
 * Commits what changed, through a private copy of the index: the person's own is replaced only on success, and only
 * if it is still the one that was copied.
 */
export async function snapshot(
  repository: Repository,
  request: SnapshotRequest,
  context: SnapshotContext,
): Promise<SnapshotResult> {
  const { head, dirty } = request.state;
  if (head !== undefined && !dirty) {
    const kind = request.dryRun ? 'skipped' : 'clean';
    return { kind: 'done', head, quarantined: [], commit: { kind, changes: [] } };
  }
  const prepared = await prepare(repository, request, context.status);
  if (prepared.kind === 'blocked') return prepared;
  const { index, quarantined } = prepared;
  if (isStagedOtherwise(context.status)) {
    context.keepAside(await writeTree(repository, index));
    return { kind: 'blocked', blocked: COMPOSING, quarantined };
  }
  return await commit({ repository, request, context, index, quarantined });
}

type CommitRequest = {
  readonly repository: Repository;
  readonly request: SnapshotRequest;
  readonly context: SnapshotContext;
  readonly index: PrivateIndex;
  readonly quarantined: readonly Quarantined[];
};

async function commit({ repository, request, context, index, quarantined }: CommitRequest): Promise<SnapshotResult> {
  const { head, branch } = request.state;
  const first = await writeTree(repository, index);
  const isClean = await isTreeOf(repository, first, head);
  if (request.dryRun) {
    remove(index.file);
    const changes = isClean ? [] : await changesSince(repository, head, first);
    return { kind: 'done', head, quarantined, commit: { kind: 'skipped', changes } };
  }
  if (isClean) return { kind: 'done', head, quarantined, commit: { kind: 'clean', changes: [] } };
  const verdict = await runPreCommit(repository, index);
  const tree = await writeTree(repository, index);
  const changes = await changesSince(repository, head, tree);
  if (changes.length === 0) return { kind: 'done', head, quarantined, commit: { kind: 'clean', changes } };
  const worded =
    verdict.kind === 'refused'
      ? { ...verdict, message: '' }
      : await runCommitMessage(repository, index, repository.messages.snapshot(changes));
  if (worded.kind === 'refused') {
    context.keepAside(tree);
    return { kind: 'done', head, quarantined, commit: { kind: 'refused', why: worded.why, changes } };
  }
  const { message } = worded;
  const id = await commitTree(repository, { tree, parents: head === undefined ? [] : [head], message });
  rememberSnapshots(repository, [id]);
  await refreshIndex(repository, index);
  const move = { branch, from: head, to: id, index, reason: 'snapshot' };
  const moved = await withIndexLock(repository, busy(repository), () => moveBranch(repository, move));
  if (moved.kind !== 'moved') return moved;
  return { kind: 'done', head: id, quarantined, commit: { kind: 'committed', id, message, changes } };
}

async function isTreeOf(repository: Repository, tree: string, head: string | undefined): Promise<boolean> {
  if (head === undefined) return tree === (await emptyTree(repository));
  return tree === (await repository.git.text(['rev-parse', `${head}^{tree}`]));
}
