import { asRelative } from '../../model/paths.js';
import { isRuleFile, uniteRules } from '../unite-rules.js';
import type { MergeTree, Stage } from './merge-tree-parser.js';
import { type IndexEntry, writeEntries, writeTree } from './private-index.js';
import type { Repository } from './repository.js';
import { indexOf, kindOf } from './settle-conflicts.js';

/** Settles, whatever the policy, the conflicts of files that say what is left out: both sides' rules hold from now on. */
export async function uniteRuleFiles(repository: Repository, merge: MergeTree): Promise<MergeTree> {
  const united: IndexEntry[] = [];
  for (const [path, stages] of merge.conflicted) {
    if (!isRuleFile(path) || !/^(content|both-added)$/.test(kindOf(merge, path, stages))) continue;
    const content = await unionOf(repository, path, stages);
    if (content !== undefined) united.push({ path, content });
  }
  if (united.length === 0) return merge;
  const index = await indexOf(repository, merge.tree);
  await writeEntries(repository, index, united);
  const conflicted = new Map(merge.conflicted);
  for (const { path } of united) conflicted.delete(asRelative(path));
  return { ...merge, tree: await writeTree(repository, index), conflicted };
}

async function unionOf(
  repository: Repository,
  path: string,
  stages: readonly Stage[],
): Promise<IndexEntry['content'] | undefined> {
  const [base, ours, theirs] = [1, 2, 3].map((number) => stages.find(({ stage }) => stage === number));
  if (ours === undefined || theirs === undefined) return undefined;
  // A link is no file with rules in it.
  if (![base ?? ours, ours, theirs].every(({ mode }) => mode.startsWith('100'))) return undefined;
  const read = async ({ id }: Stage): Promise<string> =>
    (await repository.git.output(['cat-file', 'blob', id])).toString('latin1');
  const versions = { base: base && (await read(base)), ours: await read(ours), theirs: await read(theirs) };
  const input = Buffer.from(uniteRules(path, versions), 'latin1');
  return { mode: theirs.mode, id: await repository.git.text(['hash-object', '-w', '--stdin'], { input }) };
}
