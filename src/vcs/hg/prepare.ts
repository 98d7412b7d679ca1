import type { Quarantined } from '../../model/change.js';
import type { Blocked } from '../../model/outcome.js';
import { splitPaths } from '../../system/path-bytes.js';
import { emptiedFolder } from '../emptied-folder.js';
import { massDeletion, mayBeTooMany } from '../mass-deletion.js';
import type { SnapshotRequest, SnapshotResult } from '../vcs.js';
import { type Candidate, readCandidates } from './candidates.js';
import { foreseeRenames } from './renames.js';
import type { Repository } from './repository.js';
import { settle } from './settle.js';
import type { StatusEntry } from './status-parser.js';

/** What a snapshot would take, and what it leaves out. */
export type Prepared = {
  readonly kind: 'prepared';
  readonly candidates: readonly Candidate[];
  readonly quarantined: readonly Quarantined[];
};

/** Looks at all that may be taken; says why where what is gone is not believed. */
export async function prepare(
  repository: Repository,
  request: SnapshotRequest,
  status: readonly StatusEntry[],
): Promise<Prepared | Extract<SnapshotResult, { kind: 'blocked' }>> {
  const { candidates, quarantined } = await readCandidates(repository, status);
  const { settled, moving } = request.settle
    ? await settle(repository, candidates, request.stillChanging)
    : { settled: candidates, moving: [] };
  const known = [...quarantined, ...moving];
  const emptied = request.allowDeletions ? undefined : await doubtedRemovals(repository, settled);
  if (emptied !== undefined) return { kind: 'blocked', blocked: emptied, quarantined: known };
  return { kind: 'prepared', candidates: settled, quarantined: known };
}

/** Returns why what is gone is not believed; only where it seems so is it worth to ask what has merely moved. */
async function doubtedRemovals(repository: Repository, candidates: readonly Candidate[]): Promise<Blocked | undefined> {
  const tree = { top: repository.top, metadata: '.hg' } as const;
  const gone = candidates.flatMap(({ path, letter, stats }) => (letter === '!' && stats === undefined ? [path] : []));
  const limit = repository.settings.deletionsLimit;
  if (emptiedFolder(tree, gone) === undefined && !mayBeTooMany(limit, gone.length)) return undefined;
  const moved = new Set<string>((await foreseeRenames(repository, candidates)).values());
  const stillGone = gone.filter((path) => !moved.has(path));
  const emptied = emptiedFolder(tree, stillGone);
  if (emptied !== undefined || !mayBeTooMany(limit, stillGone.length)) return emptied;
  const tracked = splitPaths(await repository.hg.output(['files', '-T', '{path}\\0'])).length;
  return massDeletion(limit, { top: repository.top, gone: stillGone.length, tracked });
}
