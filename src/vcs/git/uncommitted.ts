import { asRelative, type RelativePath } from '../../model/paths.js';
import { includedPaths } from '../only-included.js';
import { withoutHg } from './beside-hg.js';
import type { Repository } from './repository.js';
import { readStatus } from './status.js';

/** Lists every path that is not in the last commit; a submodule's inner changes are its own repository's business. */
export async function uncommitted(repository: Repository): Promise<readonly RelativePath[]> {
  const status = await readStatus(repository, 'all');
  const tracked = status.tracked.filter(
    ({ submodule, staged, unstaged }) => submodule?.commit !== false || staged !== '.' || unstaged === 'D',
  );
  const { paths, nested } = withoutHg(status.untracked);
  const fresh = includedPaths(repository.settings, [...paths, ...nested].map(asRelative));
  return [...tracked.map(({ path }) => path), ...status.unmerged, ...fresh];
}
