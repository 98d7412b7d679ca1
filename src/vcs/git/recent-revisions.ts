import { splitPaths } from '../../system/path-bytes.js';
import type { RecentRequest, Revision } from '../versions.js';
import type { Repository } from './repository.js';
import { parseRevision, REVISION_FORMAT, REVISION_VALUES } from './revision-format.js';

/** Lists the commits since a time, newest first. */
export async function recentRevisions(
  { git }: Pick<Repository, 'git'>,
  { from, since, limit }: RecentRequest,
): Promise<readonly Revision[]> {
  const oldest = `--max-age=${Math.floor(since / 1000)}`;
  const args = ['log', '-z', `--format=${REVISION_FORMAT}`, `--max-count=${limit}`, oldest, '--end-of-options', from];
  const values = splitPaths(await git.output(args));
  const revisions: Revision[] = [];
  // With `-z` each format ends with a NUL of its own.
  for (let at = 0; at + REVISION_VALUES <= values.length; at += REVISION_VALUES + 1) {
    revisions.push(parseRevision(values.slice(at, at + REVISION_VALUES)));
  }
  return revisions;
}
