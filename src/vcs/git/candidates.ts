import type { Stats } from 'node:fs';
import type { Quarantined, QuarantineReason } from '../../model/change.js';
import { asRelative, type RelativePath } from '../../model/paths.js';
import { exists, joinPath, lstatIfAllowed, lstatIfPresent, type Unseen } from '../../system/files.js';
import { listTree } from '../../system/list-tree.js';
import { closedFolder } from '../closed-folder.js';
import { sizeLimit } from '../host-limit.js';
import { onlyIncluded } from '../only-included.js';
import { hasRealParents, parentsOf } from '../placement/parents.js';
import { guardReason } from '../secrets.js';
import { refuseUnreadRules } from '../unread-rules.js';
import { withoutHg } from './beside-hg.js';
import { keptOutside } from './large-file-storage.js';
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
  const limit = sizeLimit(repository);
  const listed = new Set<string>([...status.untracked, ...status.tracked.map(({ path }) => path)]);
  const take = (path: RelativePath, tracked: TrackedEntry | undefined): void => {
    const found = lookAt(repository, { path, tracked, limit, listed });
    if (found === 'unreadable') leaveOut(closedFolder(repository.top, path), found);
    else if (typeof found === 'string') leaveOut(path, found);
    else if (found !== undefined) candidates.push(found);
  };
  for (const path of status.closed) leaveOut(path, 'unreadable');
  for (const entry of status.tracked) if (entry.unstaged !== '.' || entry.staged !== '.') take(entry.path, entry);
  for (const path of await untrackedPaths(repository, status, leaveOut)) take(asRelative(path), undefined);
  const tracked = new Map(status.tracked.map((entry) => [entry.path, entry] as const));
  const large = [...quarantined.values()].flatMap(({ path, reason }) => (reason === 'too-large' ? [path] : []));
  for (const path of await keptOutside(repository, large)) {
    quarantined.delete(path);
    candidates.push({ path, tracked: tracked.get(path), stats: lstatIfPresent(joinPath(repository.top, path)) });
  }
  const selection = { candidates, quarantined: [...quarantined.values()] };
  return onlyIncluded(repository.settings, selection, (path) => tracked.has(path));
}

type Place = {
  readonly path: RelativePath;
  readonly tracked: TrackedEntry | undefined;
  /** How many bytes a file may have. */
  readonly limit: number;
  /** All that git's status named. */
  readonly listed: ReadonlySet<string>;
};

/** Returns what of a path may go into the snapshot, why it may not, or undefined where there is nothing to do. */
function lookAt(
  repository: Repository,
  { path, tracked, limit, listed }: Place,
): Candidate | QuarantineReason | undefined {
  // Which commit it stands on is left to the person.
  if (tracked?.submodule === true && tracked.unstaged !== '.') return 'submodule';
  const stats = statsOf(repository, path, listed);
  if (typeof stats === 'string') return 'unreadable';
  // A folder where a file was: the file is gone, and what the folder holds is listed by itself, unless it is a repository.
  if (stats?.isDirectory() === true && tracked?.unstaged === 'T') return 'nested-repository';
  const isGone = stats === undefined || (stats.isDirectory() && tracked?.submodule !== true);
  if (isGone) return tracked && { path, tracked, stats: undefined };
  const reason = statsReason(stats, limit);
  if (reason !== undefined) return reason;
  const isGuarded = tracked === undefined && repository.settings.secretsGuard;
  return (isGuarded ? guardReason(repository.top, path, stats) : undefined) ?? { path, tracked, stats };
}

/**
 * Returns what stands at a path; what is seen through a link is another path's. A link that is ignored takes the place of
 * no folder: that was only put elsewhere, and nothing below it is gone.
 */
function statsOf({ top }: Repository, path: RelativePath, listed: ReadonlySet<string>): Stats | Unseen | undefined {
  const stats = lstatIfAllowed(joinPath(top, path));
  if (typeof stats !== 'object' || hasRealParents(top, path)) return stats;
  return parentsOf(path).some((parent) => listed.has(parent)) ? undefined : 'closed';
}

function statsReason(stats: Stats, limit: number): QuarantineReason | undefined {
  if (stats.isDirectory() || stats.isSymbolicLink()) return undefined;
  if (!stats.isFile()) return 'special-file';
  return stats.size > limit ? 'too-large' : undefined;
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
  refuseUnreadRules(all.unreadRules);
  const paths: string[] = [];
  const own = withoutHg(all.untracked);
  for (const folder of own.nested) leaveOut(folder, 'nested-repository');
  for (const path of own.paths) {
    if (!path.endsWith('/')) paths.push(path);
    else if (exists(joinPath(repository.top, path, '.git'))) leaveOut(path.slice(0, -1), 'nested-repository');
  }
  return paths;
}
