import type { Environment } from '../../system/environment.js';
import { joinPaths, splitPaths } from '../../system/path-bytes.js';
import { type IndexEntry, type PrivateIndex, writeEntries } from './private-index.js';
import type { Repository } from './repository.js';

/** The paths whose files git was told not to look at, by the flag that tells it so. */
export type IndexFlags = {
  /** Left out of a sparse checkout, or taken out of git's sight by hand. */
  readonly skipWorktree: ReadonlySet<string>;
  readonly assumeUnchanged: ReadonlySet<string>;
};

/**
 * Reads the flags of the person's index, or of the one that an environment names, from `git ls-files -v -z`:
 *
 *     <tag> SP <path> NUL          tag: S or s skip-worktree; in lower case: assume-unchanged
 */
export async function readIndexFlags(repository: Pick<Repository, 'git'>, env: Environment = {}): Promise<IndexFlags> {
  const skipWorktree = new Set<string>();
  const assumeUnchanged = new Set<string>();
  for (const record of splitPaths(await repository.git.output(['ls-files', '-v', '-z'], { env }))) {
    const tag = record.slice(0, 1);
    const path = record.slice(2);
    if (tag.toUpperCase() === 'S') skipWorktree.add(path);
    if (tag !== tag.toUpperCase()) assumeUnchanged.add(path);
  }
  return { skipWorktree, assumeUnchanged };
}

/** Gives paths of a private index the flags back that writing their entries took away. */
export async function restoreIndexFlags(
  repository: Pick<Repository, 'git'>,
  index: PrivateIndex,
  { flags, paths }: { readonly flags: IndexFlags; readonly paths: readonly string[] },
): Promise<void> {
  const set = async (option: string, flagged: ReadonlySet<string>): Promise<void> => {
    const input = joinPaths(paths.filter((path) => flagged.has(path)));
    if (input.length === 0) return;
    const env = { GIT_INDEX_FILE: index.file };
    await repository.git.output(['update-index', option, '-z', '--stdin'], { env, input });
  };
  await set('--skip-worktree', flags.skipWorktree);
  await set('--assume-unchanged', flags.assumeUnchanged);
}

/**
 * Sets entries of a private index like {@link writeEntries}, and keeps the flags: without them a file that git was told
 * not to look at would be committed as it stands, or as removed where it is gone.
 */
export async function writeUnderFlags(
  repository: Repository,
  index: PrivateIndex,
  entries: readonly IndexEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const flags = await readIndexFlags(repository, { GIT_INDEX_FILE: index.file });
  await writeEntries(repository, index, entries);
  const present = entries.filter(({ content }) => content !== undefined);
  await restoreIndexFlags(repository, index, { flags, paths: present.map(({ path }) => path) });
}
