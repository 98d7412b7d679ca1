import { joinPath, makeFolder, removeTree } from '../../system/files.js';
import { readIndexFlags } from './index-flags.js';
import { copyIndex, type IndexEntry, writeEntries } from './private-index.js';
import type { Repository } from './repository.js';

/**
 * Returns which of some new paths the person's sparse checkout leaves out. Git itself is asked, in an index that holds
 * only these and a working tree that holds nothing: `git sparse-checkout check-rules` came with 2.41.
 */
export async function outsideSparseCheckout(
  repository: Repository,
  entries: readonly IndexEntry[],
): Promise<ReadonlySet<string>> {
  if (entries.length === 0 || !(await isSparse(repository))) return new Set();
  const index = copyIndex(repository);
  const env = { GIT_INDEX_FILE: index.file };
  await repository.git.output(['read-tree', '--empty'], { env });
  await writeEntries(repository, index, entries);
  const nothing = joinPath(repository.privateFolder, 'sparse');
  makeFolder(nothing);
  try {
    const places = [`--git-dir=${repository.gitDir}`, `--work-tree=${nothing}`];
    await repository.git.output([...places, 'sparse-checkout', 'reapply'], { env });
  } finally {
    removeTree(nothing);
  }
  return (await readIndexFlags(repository, env)).skipWorktree;
}

async function isSparse(repository: Repository): Promise<boolean> {
  const setting = await repository.git.run(['config', '--type=bool', '--get', 'core.sparseCheckout']);
  return setting.stdout.toString('utf8').trim() === 'true';
}
