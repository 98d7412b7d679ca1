import type { RelativePath } from '../../model/paths.js';
import { refusedFiles, rememberRefused, type UnsentFile } from '../host-limit.js';
import { readChanges } from './change-parser.js';
import { commitTree } from './commit-tree.js';
import { writeUnderFlags } from './index-flags.js';
import { busy, moveBranch, withIndexLock } from './move-branch.js';
import { copyIndex, emptyTree, type IndexEntry, type PrivateIndex, writeTree } from './private-index.js';
import type { Repository } from './repository.js';
import { readSide } from './side.js';
import { areOwnCommits, type Unsent, unsentCommits, unsentFiles } from './unsent.js';

/** A push that the hub refused for a file's size. */
export type Refusal = {
  readonly branch: string;
  readonly head: string;
  /** Where the hub's branch stands; undefined when it has none. */
  readonly hub: string | undefined;
  /** The hub's words, which often name the file. */
  readonly words: string;
};

/**
 * Makes the unsent snapshots anew, as one, without the files that the hub refuses, so that they do not hold up everything
 * else for ever; the files stay on the disk, the old snapshots under a pin. What a person committed himself is never
 * rewritten: then nothing is done. Returns the new commit.
 */
export async function rebuildWithoutLargeFiles(repository: Repository, refusal: Refusal): Promise<string | undefined> {
  const { branch, head } = refusal;
  const unsent = await unsentCommits(repository, refusal);
  if (!(await areOwnCommits(repository, unsent))) return undefined;
  const refused = refusedFiles(await unsentFiles(repository, unsent), refusal.words);
  if (refused.length === 0) return undefined;
  rememberRefused(repository, refused);
  const { tree, index } = await treeWithout(repository, unsent, refused);
  // Sent once more, the same would be refused once more.
  if (tree === (await repository.git.text(['rev-parse', `${head}^{tree}`]))) return undefined;
  const to = await commitOn(repository, unsent, tree);
  const reason = 'left out what is too large for the hub';
  const moved = await withIndexLock(repository, busy(repository), () =>
    moveBranch(repository, { branch, from: head, to, index, reason }),
  );
  return moved.kind === 'moved' ? to : undefined;
}

/** Writes the tree as it stands in the index, each refused file as it is below the unsent commits. */
async function treeWithout(
  repository: Repository,
  { bases }: Unsent,
  refused: readonly UnsentFile[],
): Promise<{ readonly tree: string; readonly index: PrivateIndex }> {
  const sides = await Promise.all(bases.map((base) => readSide(repository, base)));
  const below = (path: RelativePath): IndexEntry['content'] =>
    sides.map(({ entries }) => entries.get(path)).find((entry) => entry !== undefined);
  const index = copyIndex(repository);
  await writeUnderFlags(
    repository,
    index,
    refused.map(({ path }) => ({ path, content: below(path) })),
  );
  return { tree: await writeTree(repository, index), index };
}

async function commitOn(repository: Repository, { bases: parents }: Unsent, tree: string): Promise<string> {
  const [first] = parents;
  const changes = await readChanges(repository, first ?? (await emptyTree(repository)), tree);
  if (changes.length === 0 && first !== undefined && parents.length === 1) return first;
  return await commitTree(repository, { tree, parents, message: repository.messages.snapshot(changes) });
}
