import { dirname } from 'node:path';
import type { Conflict, ConflictKind } from '../../model/outcome.js';
import type { RelativePath } from '../../model/paths.js';
import {
  createExclusively,
  joinPath,
  lstatIfPresent,
  makeSharedFolder,
  readIfPresent,
  readLink,
  remove,
  symbolicLink,
} from '../../system/files.js';
import { hashBlob } from '../../system/hash.js';
import { decodePath } from '../../system/path-bytes.js';
import { conflictCopyName } from '../conflict-copy.js';
import { exactly } from './command.js';
import { readFiles } from './contents.js';
import { modesOf } from './difference.js';
import type { MergeShare } from './merge-share.js';
import {
  type ContentConflict,
  MERGE_STATE_ARGUMENTS,
  type PathConflict,
  parseMergeState,
} from './merge-state-parser.js';
import { provenance } from './provenance.js';

/** The two ends of a merge that is under way in the share. */
export type Ends = { readonly ours: string; readonly theirs: string };

/** One version of a file. */
export type Version = { readonly path: RelativePath; readonly data: Buffer; readonly mode: string };

/**
 * Settles every conflict of the merge in the share: the hub's version keeps the name, ours becomes a conflict copy beside
 * it, a change wins over a removal. No file keeps conflict markers: the originals are taken.
 */
export async function settleConflicts(share: MergeShare, ends: Ends): Promise<readonly Conflict[]> {
  const conflicts: Conflict[] = [];
  for (const conflict of parseMergeState(await share.hg.output(MERGE_STATE_ARGUMENTS))) {
    conflicts.push(
      conflict.kind === 'path' ? await settlePath(share, ends, conflict) : await settleContent(share, ends, conflict),
    );
  }
  return conflicts;
}

/** Takes the file that hg has set aside for a folder of its name, and calls it as we call a copy. */
async function settlePath(share: MergeShare, ends: Ends, conflict: PathConflict): Promise<Conflict> {
  const { path, setAside, side } = conflict;
  const [own, other] = side === 'ours' ? [ends.ours, ends.theirs] : [ends.theirs, ends.ours];
  const at = joinPath(share.top, setAside);
  const data = lstatIfPresent(at)?.isSymbolicLink() === true ? readLink(at) : (readIfPresent(at) ?? Buffer.alloc(0));
  const copy = await copyName(share, { path, data, ends: { side: own, other } });
  await share.hg.output(['rename', '-q', '--', at, joinPath(share.top, copy)]);
  await share.hg.output(['resolve', '-q', '--mark', '--', ...exactly([path])]);
  return { path, kind: 'file-directory', kept: path, copy };
}

async function settleContent(share: MergeShare, ends: Ends, conflict: ContentConflict): Promise<Conflict> {
  const { path } = conflict;
  const ours = await versionOf(share, ends.ours, conflict.ours);
  const theirs = await versionOf(share, ends.theirs, conflict.theirs);
  // As git has it: where a file meets a link, the link keeps the name.
  const isOursKept = theirs === undefined || (ours !== undefined && isLink(ours) && !isLink(theirs));
  const [kept, other] = isOursKept ? [ours, theirs] : [theirs, ours];
  // Written by us: hg would first make a backup under a longer name, which a name of 255 bytes does not have.
  if (kept !== undefined) putVersion(share, path, kept);
  await share.hg.output(['resolve', '-q', '--mark', '--', ...exactly([path])]);
  if (kept === undefined || other === undefined) return { path, kind: 'modify-delete', kept: path };
  if (kept.data.equals(other.data) && isLink(kept) === isLink(other)) return { path, kind: 'mode', kept: path };
  const { data, path: from } = other;
  const sides = isOursKept ? { side: ends.theirs, other: ends.ours } : { side: ends.ours, other: ends.theirs };
  const copy = await copyName(share, { path, data, ends: sides, from });
  putVersion(share, copy, other);
  await share.hg.output(['add', '-q', '--', ...exactly([copy])]);
  return { path, kind: kindOf(conflict, kept, other), kept: path, copy };
}

/** Tells whether a version is a link. */
export const isLink = ({ mode }: Version): boolean => mode === '120000';

/** Says what kind of conflict two versions of a path are in. */
export function kindOf({ hasBase }: ContentConflict, one: Version, other: Version): ConflictKind {
  if (!hasBase) return isLink(one) === isLink(other) ? 'both-added' : 'file-directory';
  return one.data.includes(0) || other.data.includes(0) ? 'binary' : 'content';
}

/** Returns a changeset's version of a file, if it has one. */
export async function versionOf(
  share: MergeShare,
  changeset: string,
  path: RelativePath | undefined,
): Promise<Version | undefined> {
  if (path === undefined) return undefined;
  let found: Buffer | undefined;
  await readFiles(share, changeset, [path], (_path, data) => {
    found = data;
  });
  const mode = (await modesOf(share, changeset, [path])).get(path) ?? '100644';
  return found === undefined ? undefined : { path, data: found, mode };
}

type NameRequest = {
  readonly path: RelativePath;
  readonly data: Buffer;
  readonly ends: { readonly side: string; readonly other: string };
  /** What the side itself calls the file, where that is another name. */
  readonly from?: RelativePath;
};

/** Names a copy; an earlier copy of the same version may stand there, edited since. */
export async function copyName(share: MergeShare, { path, data, ends, from }: NameRequest): Promise<RelativePath> {
  const known = await provenance(share, { ...ends, path: from ?? path });
  return conflictCopyName({ path, id: hashBlob(data, 'sha1'), ...known }, (name) => {
    const at = joinPath(share.top, name);
    const stats = lstatIfPresent(at);
    if (stats === undefined) return false;
    return !stats.isFile() || readIfPresent(at)?.equals(data) !== true;
  });
}

/** Makes a path of the share hold one version, and nothing else. */
export function putVersion(
  { top }: Pick<MergeShare, 'top'>,
  path: RelativePath,
  { data, mode }: Pick<Version, 'data' | 'mode'>,
): void {
  const at = joinPath(top, path);
  remove(at);
  makeSharedFolder(dirname(at));
  if (mode === '120000') symbolicLink(decodePath(data), at);
  else createExclusively(at, data, mode === '100755' ? 0o755 : 0o644);
}
