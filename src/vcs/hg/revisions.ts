import { hgFailure } from './command.js';
import type { Repository } from './repository.js';

type WithHg = Pick<Repository, 'hg'>;

/** Returns the changesets of a revset, newest first; only full ids may be named in it. */
export async function changesetsOf({ hg }: WithHg, revset: string): Promise<readonly string[]> {
  const text = await hg.text(['log', '--hidden', '-r', `sort(${revset}, -rev)`, '-T', '{node}\\0']);
  return text.split('\0').slice(0, -1);
}

/** Writes a string of a revset. */
export const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

/** Returns a revset's pattern for one name, which need not exist. */
export const exactName = (name: string): string => quoted(`re:^${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

/** Returns a revset of those of some changesets that are here. */
export const presentOf = (ids: readonly string[]): string =>
  `(${ids.map((id) => `present(${id})`).join('+') || 'none()'})`;

/** Counts the changesets of a revset. */
export const countOf = async (repository: WithHg, revset: string): Promise<number> =>
  (await changesetsOf(repository, revset)).length;

/** Tells whether a changeset is known here, hidden ones included. */
export async function isKnown({ hg }: WithHg, id: string): Promise<boolean> {
  const args = ['log', '--hidden', '-r', id, '-T', '.'];
  const result = await hg.run(args);
  if (result.exitCode === 0) return true;
  if (/unknown revision/.test(result.stderr)) return false;
  throw hgFailure(args, result);
}

/** Tells whether a changeset is an ancestor of another, or that other itself. */
export const isAncestor = async (repository: WithHg, one: string, other: string): Promise<boolean> =>
  (await countOf(repository, `${one} and ::${other}`)) > 0;

/** Counts the changesets that only the first, and only the second, of two has. */
export async function countAheadBehind(
  repository: WithHg,
  ours: string,
  theirs: string,
): Promise<{ readonly ahead: number; readonly behind: number }> {
  const ahead = await countOf(repository, `only(${ours}, ${theirs})`);
  return { ahead, behind: await countOf(repository, `only(${theirs}, ${ours})`) };
}

/** What a working tree stands on. */
export type Position = {
  readonly branch: string;
  /** The first parent; undefined before the first commit. */
  readonly head: string | undefined;
  /** Whether a merge is under way. */
  readonly merging: boolean;
  /** The bookmark that moves with commits; empty where there is none. */
  readonly bookmark: string;
};

const POSITION = '{p1.node}\\0{p2.node}\\0{branch}\\0{activebookmark}';

/** Reads what the working tree stands on. */
export async function readPosition({ hg }: WithHg): Promise<Position> {
  const text = await hg.text(['log', '-r', 'wdir()', '-T', POSITION]);
  const [first = '', second = '', branch = '', bookmark = ''] = text.split('\0');
  return { branch, head: isNone(first) ? undefined : first, merging: !isNone(second), bookmark };
}

const isNone = (id: string): boolean => /^0*$/.test(id);
