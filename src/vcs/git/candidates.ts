import type { Stats } from 'node:fs';
import type { Quarantined, QuarantineReason } from '../../model/change.js';
import { asRelative, type RelativePath } from '../../model/paths.js';
import { exists, joinPath, lstatIfPresent } from '../../system/files.js';
import { listTree } from '../../system/list-tree.js';
import { sizeLimit } from './host-limit.js';
import type { Repository } from './repository.js';
import { readStatus } from './status.js';
import type { Status, TrackedEntry } from './status-parser.js';

/** A path that may go into the snapshot, as it stood when it was looked at. */
export type Candidate = {
  readonly path: RelativePath;
  /** What stands there; undefined when the path was removed. */
  readonly stats: Stats | undefined;
  /** The tracked entry; undefined for a path that git does not know yet. */
  readonly tracked: TrackedEntry | undefined;
};

/** What may go into the snapshot, and what may not. */
export type Selection = { readonly candidates: readonly Candidate[]; readonly quarantined: readonly Quarantined[] };

/**
 * Looks at every place that git's status named: git says where, fast-glob lists the folders that git collapsed,
 * and each path is looked at by itself, so that one bad path is left out alone.
 */
export async function readCandidates(repository: Repository, status: Status): Promise<Selection> {
  const candidates: Candidate[] = [];
  const quarantined = new Map<string, Quarantined>();
  const leaveOut = (path: string, reason: QuarantineReason): void => {
    quarantined.set(path, { path: asRelative(path), reason });
  };
  for (const entry of status.tracked) {
    if (entry.unstaged === '.' && entry.staged === '.') continue;
    const reason = trackedReason(repository, entry);
    if (reason === undefined) candidates.push(lookAt(repository, entry.path, entry));
    else if (reason !== 'submodule-files') leaveOut(entry.path, reason);
  }
  for (const path of await untrackedPaths(repository, status, leaveOut)) {
    const candidate = lookAt(repository, asRelative(path), undefined);
    if (candidate.stats === undefined) continue;
    const reason = statsReason(repository, candidate.stats);
    if (reason === undefined) candidates.push(candidate);
    else leaveOut(path, reason);
  }
  return { candidates, quarantined: [...quarantined.values()] };
}

function lookAt(repository: Repository, path: RelativePath, tracked: TrackedEntry | undefined): Candidate {
  const stats = lstatIfPresent(joinPath(repository.top, path));
  // A folder where a file was: the file is gone, and what the folder holds is listed by itself.
  return {
    path,
    tracked,
    stats: stats?.isDirectory() === true && tracked?.submodule === undefined ? undefined : stats,
  };
}

/** Why a tracked path stays as it was committed; a submodule's inner changes are its own repository's business. */
function trackedReason(repository: Repository, entry: TrackedEntry): QuarantineReason | 'submodule-files' | undefined {
  if (entry.submodule !== undefined && entry.unstaged !== '.') {
    return entry.submodule.commit || entry.unstaged === 'D' ? 'submodule' : 'submodule-files';
  }
  const stats = lstatIfPresent(joinPath(repository.top, entry.path));
  return stats === undefined ? undefined : statsReason(repository, stats);
}

function statsReason(repository: Repository, stats: Stats): QuarantineReason | undefined {
  if (stats.isDirectory() || stats.isSymbolicLink()) return undefined;
  if (!stats.isFile()) return 'special-file';
  return stats.size > sizeLimit(repository) ? 'too-large' : undefined;
}

/** Returns every untracked path that git would take, and names what it never takes. */
async function untrackedPaths(
  repository: Repository,
  status: Status,
  leaveOut: (path: string, reason: QuarantineReason) => void,
): Promise<readonly string[]> {
  const folders = status.untracked.filter((path) => path.endsWith('/'));
  if (folders.length === 0) return status.untracked;
  for (const entry of listTree(repository.top, folders.map(asRelative))) {
    const { stats } = entry;
    if (!stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink()) leaveOut(entry.path, 'special-file');
  }
  // Once more without collapsing: only git knows what its ignore rules leave out, byte by byte.
  const all = await readStatus(repository, 'all');
  const paths: string[] = [];
  for (const path of all.untracked) {
    if (!path.endsWith('/')) paths.push(path);
    else if (exists(joinPath(repository.top, path, '.git'))) leaveOut(path.slice(0, -1), 'nested-repository');
  }
  return paths;
}
