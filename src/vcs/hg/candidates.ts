import type { Stats } from 'node:fs';
import type { Quarantined, QuarantineReason } from '../../model/change.js';
import type { RelativePath } from '../../model/paths.js';
import { isReadable, joinPath, lstatIfAllowed, type Unseen } from '../../system/files.js';
import { closedFolder } from '../closed-folder.js';
import { sizeLimit } from '../host-limit.js';
import { onlyIncluded } from '../only-included.js';
import { hasRealParents } from '../placement/parents.js';
import { guardReason } from '../secrets.js';
import { readHiddenCopies } from './keep-ignored.js';
import type { Repository } from './repository.js';
import type { StatusEntry } from './status-parser.js';
import { findUnmentioned, nestedIn } from './unmentioned.js';
import { keepsSubrepositories, SUBREPOSITORY_FILES } from './unsupported.js';

/** A path that may go into the snapshot, as it stood when it was looked at. */
export type Candidate = StatusEntry & {
  /** What stands there; undefined when the path was removed. */
  readonly stats: Stats | undefined;
};

/** What may go into the snapshot, and what may not. */
export type Selection = { readonly candidates: readonly Candidate[]; readonly quarantined: readonly Quarantined[] };

/** Looks at every place that hg's status named, each by itself, so that one bad path is left out alone. */
export async function readCandidates(repository: Repository, status: readonly StatusEntry[]): Promise<Selection> {
  const candidates: Candidate[] = [];
  const quarantined = new Map<string, Quarantined>();
  const { nested, special, closed } = await findUnmentioned(repository, status);
  for (const path of nested) quarantined.set(path, { path, reason: 'nested-repository' });
  for (const path of special) quarantined.set(path, { path, reason: 'special-file' });
  for (const path of closed) quarantined.set(path, { path, reason: 'unreadable' });
  const hidden = readHiddenCopies(repository);
  const limit = sizeLimit(repository);
  for (const entry of status) {
    if (entry.letter === '?' && (hidden.has(entry.path) || nestedIn(nested, entry.path) !== undefined)) continue;
    const found = lookAt(repository, entry, limit);
    if (found === undefined) continue;
    if ('reason' in found) quarantined.set(found.path, found);
    else candidates.push(found);
  }
  const known = new Set<string>(status.flatMap(({ path, letter }) => (letter === '?' ? [] : [path])));
  const selection = { candidates, quarantined: [...quarantined.values()] };
  return onlyIncluded(repository.settings, selection, (path) => known.has(path));
}

/** Lists the paths that are in no commit, as {@link readCandidates} names them. */
export async function uncommittedPaths(
  repository: Repository,
  status: readonly StatusEntry[],
): Promise<readonly RelativePath[]> {
  const { candidates, quarantined } = await readCandidates(repository, status);
  return [...candidates.map(({ path }) => path), ...quarantined.map(({ path }) => path)];
}

/** Looks at a path again. */
export function lookAgain(repository: Repository, candidate: Candidate): Candidate {
  const stats = statsOf(repository, candidate.path);
  return { ...candidate, stats: typeof stats === 'string' || stats?.isDirectory() === true ? undefined : stats };
}

/** Returns what of a path may go into the snapshot, why it may not, or undefined where there is nothing to do. */
function lookAt(repository: Repository, entry: StatusEntry, limit: number): Candidate | Quarantined | undefined {
  const { path, letter } = entry;
  if (letter === '?' && isUnsupported(path)) return { path, reason: 'unsupported-name' };
  if (SUBREPOSITORY_FILES.has(path) && !keepsSubrepositories(repository.settings)) return { path, reason: 'submodule' };
  // The person told hg so; what stands there is then a file that is not hg's.
  if (letter === 'R') return { ...entry, stats: undefined };
  const stats = statsOf(repository, path);
  if (typeof stats === 'string') return { path: closedFolder(repository.top, path), reason: 'unreadable' };
  if (stats === undefined || stats.isDirectory()) return whereNoFileIs(entry, stats);
  const reason = stats.isFile() && stats.size > limit ? 'too-large' : statsReason(repository, path, stats);
  if (reason !== undefined) return { path, reason };
  // Hg could not look at it a moment ago, and now we can.
  if (letter === '!') return { path, reason: 'still-changing' };
  const isGuarded = letter === '?' && repository.settings.secretsGuard;
  const guarded = isGuarded ? guardReason(repository.top, path, stats) : undefined;
  return guarded === undefined ? { ...entry, stats } : { path, reason: guarded };
}

/** A folder where a file was: the file is gone, and what the folder holds is listed by itself. */
function whereNoFileIs(entry: StatusEntry, folder: Stats | undefined): Candidate | Quarantined | undefined {
  if (entry.letter !== '?') return { ...entry, stats: undefined };
  // Hg names a folder only where it could not list it.
  return folder === undefined ? undefined : { path: entry.path, reason: 'unreadable' };
}

/** Hg refuses these two bytes in a name, and its own folder's name at any depth. */
const isUnsupported = (path: string): boolean => /[\r\n]/.test(path) || /(^|\/)\.hg\.?(\/|$)/i.test(path);

/** Returns what stands at a path; what is seen through a link is another path's. */
function statsOf({ top }: Repository, path: RelativePath): Stats | Unseen | undefined {
  const stats = lstatIfAllowed(joinPath(top, path));
  return typeof stats !== 'object' || hasRealParents(top, path) ? stats : undefined;
}

function statsReason({ top }: Repository, path: RelativePath, stats: Stats): QuarantineReason | undefined {
  if (stats.isSymbolicLink()) return undefined;
  if (!stats.isFile()) return 'special-file';
  return isReadable(joinPath(top, path)) ? undefined : 'unreadable';
}
