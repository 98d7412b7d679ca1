import { asRelative, type RelativePath } from '../../model/paths.js';
import { writeUnderFlags } from './index-flags.js';
import { copyIndex, type IndexEntry, type PrivateIndex, readEntries } from './private-index.js';
import type { Repository } from './repository.js';
import { readStatus } from './status.js';
import type { Status } from './status-parser.js';

/**
 * Files that git takes for unchanged by their times and sizes, and whose bytes turned out to be others: they were saved
 * within one tick of the clock, or `.gitattributes` has said otherwise since they were read.
 */
const distrusted = new WeakMap<Repository, Set<RelativePath>>();

/** For the rest of the run, git has to read the bytes of a file again. */
export function distrust(repository: Repository, path: RelativePath): void {
  const known = distrusted.get(repository) ?? new Set();
  distrusted.set(repository, known.add(path));
}

/** Looks like {@link readStatus}, but reads the bytes of files that are not trusted. */
export async function readStatusAnew(repository: Repository): Promise<Status> {
  if (!distrusted.has(repository)) return await readStatus(repository);
  const index = copyIndex(repository);
  await forgetStats(repository, index);
  return await readStatus(repository, 'normal', index.file);
}

/** Makes a private index forget the times and sizes of files that are not trusted. */
export async function forgetStats(repository: Repository, index: PrivateIndex): Promise<void> {
  const paths = distrusted.get(repository);
  if (paths === undefined) return;
  const entries = await readEntries(repository, index);
  const isDistrusted = ({ path }: IndexEntry): boolean => paths.has(asRelative(path));
  await writeUnderFlags(repository, index, entries.filter(isDistrusted));
}
