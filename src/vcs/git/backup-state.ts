import { asRelative, type RelativePath } from '../../model/paths.js';
import { remove } from '../../system/files.js';
import { includedPaths } from '../only-included.js';
import { withoutHg } from './beside-hg.js';
import { forgetStats } from './distrust.js';
import { copyIndex } from './private-index.js';
import { asideRefs } from './publish-aside.js';
import { readRef } from './refs.js';
import type { Repository } from './repository.js';
import { readStatus } from './status.js';
import { uncommitted } from './uncommitted.js';

/** Lists every path that is not in the last backup as it stands in the working tree. */
export async function notBackedUp(repository: Repository): Promise<readonly RelativePath[]> {
  const { branch } = await readStatus(repository);
  const last = await readRef(repository, asideRefs(repository, branch ?? '').own);
  if (last === undefined) return await uncommitted(repository);
  const index = copyIndex(repository);
  try {
    // What the person's own index knows of the files need not be read again.
    await repository.git.output(['read-tree', '-m', '-i', last], { env: { GIT_INDEX_FILE: index.file } });
    await forgetStats(repository, index);
    const status = await readStatus(repository, 'all', index.file);
    const changed = status.tracked.filter(({ unstaged }) => unstaged !== '.');
    const { paths, nested } = withoutHg(status.untracked);
    const fresh = includedPaths(repository.settings, [...paths, ...nested].map(asRelative));
    return [...changed.map(({ path }) => path), ...fresh];
  } finally {
    remove(index.file);
  }
}

/** Counts what the hub had not got of this machine's own branch when last seen; undefined before the first backup. */
export async function unsentBackups(repository: Repository, branch: string): Promise<number | undefined> {
  const refs = asideRefs(repository, branch);
  const [own, sent] = [await readRef(repository, refs.own), await readRef(repository, refs.sent)];
  const head = await readRef(repository, `refs/heads/${branch}`);
  const tips = [own, head].filter((tip) => tip !== undefined);
  if (own === undefined || tips.length === 0) return undefined;
  const hidden = sent === undefined ? [] : ['--not', sent];
  return Number(await repository.git.text(['rev-list', '--count', ...tips, ...hidden]));
}
