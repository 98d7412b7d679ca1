import type { RelativePath } from '../../model/paths.js';
import { isRuleFile, uniteRules } from '../unite-rules.js';
import { exactly } from './command.js';
import type { MergeShare } from './merge-share.js';
import { MERGE_STATE_ARGUMENTS, parseMergeState } from './merge-state-parser.js';
import { changesetsOf } from './revisions.js';
import { type Ends, isLink, putVersion, versionOf } from './settle-conflicts.js';

/**
 * Settles, whatever the policy, the conflicts of files that say what is left out: both sides' rules hold from now on.
 * Returns the paths.
 */
export async function uniteRuleFiles(share: MergeShare, { ours, theirs }: Ends): Promise<ReadonlySet<RelativePath>> {
  const united = new Set<RelativePath>();
  for (const conflict of parseMergeState(await share.hg.output(MERGE_STATE_ARGUMENTS))) {
    if (conflict.kind !== 'content' || !isRuleFile(conflict.path)) continue;
    const { path } = conflict;
    const mine = await versionOf(share, ours, conflict.ours);
    const other = await versionOf(share, theirs, conflict.theirs);
    if (mine === undefined || other === undefined || isLink(mine) || isLink(other)) continue;
    const [ancestor] = await changesetsOf(share, `ancestor(${ours}, ${theirs})`);
    const base = conflict.hasBase && ancestor !== undefined ? await versionOf(share, ancestor, path) : undefined;
    const versions = {
      base: base?.data.toString('latin1'),
      ours: mine.data.toString('latin1'),
      theirs: other.data.toString('latin1'),
    };
    putVersion(share, path, { data: Buffer.from(uniteRules(path, versions), 'latin1'), mode: other.mode });
    await share.hg.output(['resolve', '-q', '--mark', '--', ...exactly([path])]);
    united.add(path);
  }
  return united;
}
