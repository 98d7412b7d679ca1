import { joinPath, lstatIfPresent, readTextIfPresent, writeAtomically } from '../../system/files.js';
import { exactly } from './command.js';
import { parseSubstate, renderSubstate } from './hgsub-parser.js';
import type { MergeShare } from './merge-share.js';
import type { Repository } from './repository.js';
import { changesetsOf } from './revisions.js';
import type { Ends } from './settle-conflicts.js';
import { agree } from './subrepository-memory.js';
import { keepsSubrepositories } from './unsupported.js';

/**
 * Merges what two changesets say of each subrepository. Where both say something new, theirs stands, and ours is no longer
 * taken for agreed: the next look at the subrepository merges the two there, and says so in a commit of its own.
 */
export async function settleSubstate(repository: Repository, share: MergeShare, ends: Ends): Promise<void> {
  const at = joinPath(share.top, '.hgsubstate');
  if (!keepsSubrepositories(repository.settings) || lstatIfPresent(at)?.isFile() !== true) return;
  const [base] = await changesetsOf(share, `ancestor(${ends.ours}, ${ends.theirs})`);
  const [old, ours, theirs] = [
    await statesAt(share, base),
    await statesAt(share, ends.ours),
    await statesAt(share, ends.theirs),
  ];
  const merged = new Map<string, string>();
  const disputed = new Map<string, string>();
  for (const path of new Set([...ours.keys(), ...theirs.keys()])) {
    const [before, own, other] = [old.get(path), ours.get(path), theirs.get(path)];
    const id = other === before ? own : own === before ? other : (other ?? own);
    if (id !== undefined) merged.set(path, id);
    if (own !== other && own !== before && other !== before) disputed.set(path, '');
  }
  if (disputed.size > 0) agree(repository, disputed);
  const text = renderSubstate(merged);
  if (text !== readTextIfPresent(at)) writeAtomically(at, text, 0o644);
}

async function statesAt({ hg }: MergeShare, changeset: string | undefined): Promise<ReadonlyMap<string, string>> {
  if (changeset === undefined) return new Map();
  // Exit code 1: it has no such file.
  const { stdout } = await hg.run(['cat', `--rev=${changeset}`, '--', ...exactly(['.hgsubstate'])]);
  return parseSubstate(stdout.toString('utf8'));
}
