import type { Conflict } from '../../model/outcome.js';
import type { RelativePath } from '../../model/paths.js';
import { joinPath, setMode } from '../../system/files.js';
import type { PreferredSide } from '../preferred-side.js';
import { changedPaths, modesOf } from './difference.js';
import type { MergeShare } from './merge-share.js';
import { changesetsOf } from './revisions.js';
import type { Ends } from './settle-conflicts.js';

/** The permissions in the share of a file with one of git's modes. */
const PERMISSIONS: Readonly<Record<string, number>> = { '100644': 0o644, '100755': 0o755 };

/**
 * Settles what hg says in words alone ("cannot merge flags … without common ancestor"): new files of one content that
 * are executable on one side only. Hg keeps our bit; that of the side whose version keeps the name is wanted.
 */
export async function settleFlags(
  share: MergeShare,
  { ours, theirs, side }: Ends & { readonly side: PreferredSide },
  settled: readonly Conflict[],
): Promise<readonly Conflict[]> {
  const [base] = await changesetsOf(share, `ancestor(${ours}, ${theirs})`);
  if (base === undefined) return [];
  const mine = new Set(await newFiles(share, base, ours));
  const done = new Set(settled.map(({ path }) => path));
  const both = (await newFiles(share, base, theirs)).filter((path) => mine.has(path) && !done.has(path));
  const [own, other] = [await modesOf(share, ours, both), await modesOf(share, theirs, both)];
  const conflicts: Conflict[] = [];
  for (const path of both) {
    const permissions = PERMISSIONS[(side === 'ours' ? own : other).get(path) ?? ''];
    if (permissions === undefined || own.get(path) === other.get(path)) continue;
    setMode(joinPath(share.top, path), permissions);
    conflicts.push({ path, kind: 'mode', kept: path });
  }
  return conflicts;
}

/** A file that was renamed or copied has a beginning, from which hg merges its bit. */
const newFiles = async (share: MergeShare, base: string, end: string): Promise<readonly RelativePath[]> =>
  (await changedPaths(share, base, end))
    .filter(({ letter, source }) => letter === 'A' && source === '')
    .map(({ path }) => path);
