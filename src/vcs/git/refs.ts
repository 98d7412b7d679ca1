import type { Repository } from './repository.js';

/**
 * Returns names as one part of a ref's name, so that a branch `a` and a later one `a/b` do not need the same name for a
 * file and for a folder.
 */
export const asRefPart = (...names: readonly string[]): string =>
  names.map((name) => name.replaceAll('%', '%25').replaceAll('/', '%2F')).join('/');

/** Returns the commit that a ref stands on, or undefined when there is no such ref. */
export async function readRef(repository: Pick<Repository, 'git'>, ref: string): Promise<string | undefined> {
  const result = await repository.git.run(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
  return result.exitCode === 0 ? result.stdout.toString('utf8').trim() : undefined;
}

/** Returns the commits that some refs stand on, by the refs' full names; one that does not exist is left out. */
export async function readRefs(
  repository: Pick<Repository, 'git'>,
  refs: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const text = await repository.git.text(['for-each-ref', '--format=%(objectname) %(refname)', ...refs]);
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))]));
}

/** Tells whether a commit is an ancestor of another, or that other itself. */
export async function isAncestor(repository: Pick<Repository, 'git'>, one: string, other: string): Promise<boolean> {
  return (await repository.git.run(['merge-base', '--is-ancestor', one, other])).exitCode === 0;
}

/** Points one of our own refs at a commit. */
export async function writeRef(repository: Pick<Repository, 'git'>, ref: string, id: string): Promise<void> {
  await repository.git.output(['update-ref', '--no-deref', ref, id]);
}

/** Removes one of our own refs. */
export async function removeRef(repository: Pick<Repository, 'git'>, ref: string): Promise<void> {
  await repository.git.output(['update-ref', '--no-deref', '-d', ref]);
}

/** Counts the commits that only the first, and only the second, of two commits has. */
export async function countAheadBehind(
  repository: Pick<Repository, 'git'>,
  ours: string,
  theirs: string,
): Promise<{ readonly ahead: number; readonly behind: number }> {
  const text = await repository.git.text(['rev-list', '--left-right', '--count', `${ours}...${theirs}`]);
  const [ahead = 0, behind = 0] = text.split('\t').map(Number);
  return { ahead, behind };
}
