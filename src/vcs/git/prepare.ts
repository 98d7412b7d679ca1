import type { Change, Quarantined } from '../../model/change.js';
import type { Blocked } from '../../model/outcome.js';
import { splitPaths } from '../../system/path-bytes.js';
import { emptiedFolder } from '../emptied-folder.js';
import { massDeletion, mayBeTooMany } from '../mass-deletion.js';
import type { SnapshotRequest, SnapshotResult } from '../vcs.js';
import { type Candidate, readCandidates } from './candidates.js';
import { readChanges } from './change-parser.js';
import { forgetStats } from './distrust.js';
import { copyIndex, emptyTree, type PrivateIndex, writeTree } from './private-index.js';
import type { Repository } from './repository.js';
import { settle } from './settle.js';
import { stage, takeBack } from './stage.js';
import type { Status } from './status-parser.js';

/** What a snapshot would hold: a private index with every path in it that may be taken. */
export type Prepared = {
  readonly kind: 'prepared';
  readonly index: PrivateIndex;
  readonly quarantined: readonly Quarantined[];
};

/** Takes all that may be taken into a private index; says why where what is gone is not believed. */
export async function prepare(
  repository: Repository,
  request: SnapshotRequest,
  status: Status,
): Promise<Prepared | Extract<SnapshotResult, { kind: 'blocked' }>> {
  const { candidates, quarantined } = await readCandidates(repository, status);
  const { settled, moving } = request.settle
    ? await settle(repository, candidates, request.stillChanging)
    : { settled: candidates, moving: [] };
  const index = copyIndex(repository);
  await forgetStats(repository, index);
  // What was staged although it is left out would go into the snapshot all the same.
  const isLeftOut = new Set(quarantined.map(({ path }) => path));
  const staged = status.tracked.filter((entry) => entry.staged !== '.' && !entry.submodule);
  const unwanted = staged.filter(({ path }) => isLeftOut.has(path));
  await takeBack(
    repository,
    index,
    unwanted.map((tracked) => ({ path: tracked.path, tracked })),
  );
  const leftOut = await stage(repository, index, settled, request.stillChanging);
  const known = [...quarantined, ...moving, ...leftOut];
  const emptied = request.allowDeletions
    ? undefined
    : await doubtedRemovals(repository, { index, candidates: settled, head: request.state.head });
  if (emptied !== undefined) return { kind: 'blocked', blocked: emptied, quarantined: known };
  return { kind: 'prepared', index, quarantined: known };
}

type Removals = {
  readonly index: PrivateIndex;
  readonly candidates: readonly Candidate[];
  readonly head: string | undefined;
};

/** Returns why what is gone is not believed; only where it seems so is it worth to ask what has merely moved. */
async function doubtedRemovals(
  repository: Repository,
  { index, candidates, head }: Removals,
): Promise<Blocked | undefined> {
  const tree = { top: repository.top, metadata: '.git' } as const;
  const gone = candidates.flatMap(({ path, stats, tracked }) =>
    stats !== undefined || tracked === undefined || tracked.staged === 'D' ? [] : [path],
  );
  const limit = repository.settings.deletionsLimit;
  if (emptiedFolder(tree, gone) === undefined && !mayBeTooMany(limit, gone.length)) return undefined;
  const changes = await changesSince(repository, head, await writeTree(repository, index));
  const moved = new Set(changes.flatMap((change) => (change.type === 'renamed' ? [change.from] : [])));
  const stillGone = gone.filter((path) => !moved.has(path));
  const emptied = emptiedFolder(tree, stillGone);
  if (emptied !== undefined || !mayBeTooMany(limit, stillGone.length)) return emptied;
  const tracked = splitPaths(await repository.git.output(['ls-files', '-z'])).length;
  return massDeletion(limit, { top: repository.top, gone: stillGone.length, tracked });
}

/** Says what differs between a commit, or nothing, and a tree. */
export const changesSince = async (
  repository: Repository,
  head: string | undefined,
  tree: string,
): Promise<readonly Change[]> => await readChanges(repository, head ?? (await emptyTree(repository)), tree);
