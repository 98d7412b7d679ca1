import { asRelative, type RelativePath } from '../../model/paths.js';
import { splitPaths } from '../../system/path-bytes.js';
import type { UnsentFile } from '../host-limit.js';
import { MACHINE_TRAILER } from '../vcs.js';
import type { Repository } from './repository.js';

/** Commits of a branch that no hub has, as far as anything here knows. */
export type Unsent = {
  /** Revisions for `git rev-list`: the branch's commit, and what is not meant. */
  readonly range: readonly string[];
  /** What stands below them, none of which is an ancestor of another; nothing where they begin with nothing. */
  readonly bases: readonly string[];
};

/** Returns revisions for `git rev-list`: a commit, and not what the hub has or any ref that tells where a remote's branch stood. */
export const unsentRange = (head: string, hub: string | undefined): readonly string[] => [
  head,
  '--not',
  ...(hub === undefined ? [] : [hub]),
  '--remotes',
  '--glob=refs/autosync/seen/*',
];

/** Finds the commits of a branch that neither the hub has, nor any ref that tells where a remote's branch stood. */
export async function unsentCommits(
  repository: Repository,
  { head, hub }: { readonly head: string; readonly hub: string | undefined },
): Promise<Unsent> {
  const range = unsentRange(head, hub);
  const listed = await repository.git.text(['rev-list', '--boundary', ...range]);
  const below = listed.split('\n').flatMap((line) => (line.startsWith('-') ? [line.slice(1)] : []));
  if (below.length < 2) return { range, bases: below };
  const independent = await repository.git.text(['merge-base', '--independent', ...below]);
  return { range, bases: independent.split('\n') };
}

/** How git's log of a ref names a commit that a person has made. */
export const BY_HAND: RegExp = /^(commit|rebase|cherry-pick|revert|am)\b/;

/** Tells whether all of them are this tool's own: each names its machine, and no log of a ref says that a person made it. */
export async function areOwnCommits({ git }: Repository, { range }: Unsent): Promise<boolean> {
  const format = `--format=%H%x00%(trailers:key=${MACHINE_TRAILER},valueonly,separator=%x2C)%x00`;
  const values = (await git.text(['log', ...range, format])).split('\0');
  const logged = await git.text(['log', '--walk-reflogs', '--all', '--format=%H%x00%gs']);
  const moves = logged.split('\n').map((line) => line.split('\0'));
  const byHand = new Set(moves.flatMap(([id = '', why = '']) => (BY_HAND.test(why) ? [id] : [])));
  for (let at = 0; at + 1 < values.length; at += 2) {
    if (values[at + 1]?.trim() === '' || byHand.has(values[at]?.trim() ?? '')) return false;
  }
  return true;
}

/** Lists the files that the commits bring, in any of their versions. */
export async function unsentFiles(repository: Repository, { range }: Unsent): Promise<readonly UnsentFile[]> {
  const sizes = await unsentSizes(repository, range);
  const commits = await repository.git.output(['rev-list', ...range]);
  const args = [
    'diff-tree',
    '--stdin',
    '-r',
    '-m',
    '--root',
    '-z',
    '--raw',
    '--no-abbrev',
    '--no-commit-id',
    '--no-renames',
  ];
  const values = splitPaths(await repository.git.output(args, { input: commits }));
  const files = new Map<RelativePath, number>();
  // `:<old mode> SP <mode> SP <old id> SP <id> SP <status> NUL <path> NUL`
  for (let at = 0; at + 1 < values.length; at += 2) {
    const path = asRelative(values[at + 1] ?? '');
    const size = sizes.get(values[at]?.split(' ')[3] ?? '');
    if (size !== undefined) files.set(path, Math.max(size, files.get(path) ?? 0));
  }
  return [...files].map(([path, size]) => ({ path, size }));
}

/** Returns the sizes in bytes of the contents that the commits bring, by their ids. */
async function unsentSizes({ git }: Repository, range: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const input = await git.output(['rev-list', '--objects', '--no-object-names', ...range]);
  const text = await git.output(['cat-file', '--batch-check=%(objecttype) %(objectname) %(objectsize)'], { input });
  const lines = text.toString('latin1').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [type, id = '', size] = line.split(' ');
      return type === 'blob' ? [[id, Number(size)] as const] : [];
    }),
  );
}
