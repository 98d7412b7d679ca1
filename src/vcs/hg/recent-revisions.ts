import { splitPaths } from '../../system/path-bytes.js';
import type { RecentRequest, Revision } from '../versions.js';
import type { Repository } from './repository.js';
import { parseRevision, REVISION_TEMPLATE, REVISION_VALUES } from './revision-template.js';

/** Lists the changesets since a time, newest first. */
export async function recentRevisions(
  { hg }: Pick<Repository, 'hg'>,
  { from, since, limit }: RecentRequest,
): Promise<readonly Revision[]> {
  const which = `sort(::${from} and date(">${Math.floor(since / 1000)} 0"), "-date -rev")`;
  const values = splitPaths(await hg.output(['log', `--rev=${which}`, `--limit=${limit}`, '-T', REVISION_TEMPLATE]));
  const revisions: Revision[] = [];
  for (let at = 0; at + REVISION_VALUES <= values.length; at += REVISION_VALUES) {
    revisions.push(parseRevision(values.slice(at, at + REVISION_VALUES)));
  }
  return revisions;
}
