import { isForeignName } from '../../system/path-bytes.js';
import { revisedBy } from '../revised-by.js';
import type { Edit, ReviseRequest, ReviseResult } from '../versions.js';
import { commitTree } from './commit-tree.js';
import { bringIn } from './integrate.js';
import { copyIndex, type IndexEntry, writeEntries, writeTree } from './private-index.js';
import type { Repository } from './repository.js';
import { readSide, type Side } from './side.js';

/** Makes a commit of some edits in the object store, and puts it in place as if it came from the hub. */
export async function revise(repository: Repository, request: ReviseRequest): Promise<ReviseResult> {
  const { branch, head, edits, message, quarantined } = request;
  const tree = await editedTree(repository, head, edits);
  if (tree === (await repository.git.text(['rev-parse', `${head}^{tree}`]))) return { kind: 'unchanged' };
  const to = await commitTree(repository, { tree, parents: [head], message });
  const placed = await bringIn(repository, {
    branch,
    head,
    to,
    quarantined,
    kind: 'revised',
    conflicts: [],
    displace: true,
    mostCopies: Number.POSITIVE_INFINITY,
  });
  return revisedBy(placed);
}

async function editedTree(repository: Repository, head: string, edits: readonly Edit[]): Promise<string> {
  const sides = new Map<string, Side>();
  const entries: IndexEntry[] = [];
  for (const edit of edits) entries.push(await entryOf(repository, edit, sides));
  const index = copyIndex(repository);
  const env = { GIT_INDEX_FILE: index.file };
  await repository.git.output(['read-tree', '--empty'], { env });
  await repository.git.output(['read-tree', head], { env });
  // A file that becomes a folder must be out of the index before what the folder holds comes in, and the reverse.
  const removals = entries.filter(({ content }) => content === undefined);
  await writeEntries(repository, index, [...removals, ...entries.filter(({ content }) => content !== undefined)]);
  return await writeTree(repository, index);
}

async function entryOf(repository: Repository, { path, to }: Edit, sides: Map<string, Side>): Promise<IndexEntry> {
  switch (to.kind) {
    case 'nothing':
      return { path, content: undefined };
    case 'bytes': {
      // As a file that stands there would be taken: with the person's own filters and line ends, which a link does not have.
      const isPlain = to.mode === '120000' || isForeignName(path);
      const how = isPlain ? '--no-filters' : `--path=${path}`;
      const id = await repository.git.text(['hash-object', '-w', how, '--stdin'], { input: to.bytes });
      return { path, content: { mode: to.mode, id } };
    }
    case 'version': {
      const side = sides.get(to.revision) ?? (await readSide(repository, to.revision));
      sides.set(to.revision, side);
      const content = side.entries.get(to.path);
      if (content === undefined) throw new Error(`'${to.revision}' has no '${to.path}'`);
      return { path, content };
    }
  }
}
