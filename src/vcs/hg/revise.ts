import type { RelativePath } from '../../model/paths.js';
import { joinPath, remove, removeEmptyFolder } from '../../system/files.js';
import { parentsOf } from '../placement/parents.js';
import { revisedBy } from '../revised-by.js';
import type { Edit, ReviseRequest, ReviseResult } from '../versions.js';
import { exactly, hgFailure } from './command.js';
import { readFiles } from './contents.js';
import { modesOf } from './difference.js';
import { author } from './identity.js';
import { bringIn } from './integrate.js';
import { cleanShare, inMergeShare, type MergeShare } from './merge-share.js';
import type { Repository } from './repository.js';
import { putVersion } from './settle-conflicts.js';
import { announceUnplaced, forsake } from './unplaced.js';

/** Makes a changeset of some edits in the private share, and puts it in place as if it came from the hub. */
export async function revise(repository: Repository, request: ReviseRequest): Promise<ReviseResult> {
  const { branch, head, quarantined, message } = request;
  announceUnplaced(repository, { parent: head, message });
  try {
    const to = await inMergeShare(repository, (share) => commitEdits(repository, share, request));
    if (to === undefined) return { kind: 'unchanged' };
    const move = { branch, head, to, quarantined, kind: 'fast-forwarded', conflicts: [], displace: true } as const;
    return revisedBy(await bringIn(repository, { ...move, mostCopies: Number.POSITIVE_INFINITY }));
  } finally {
    // Whatever became of it: it has its place, or it goes.
    await forsake(repository);
  }
}

/** Commits the edits in the share; returns undefined where they change nothing. */
async function commitEdits(
  repository: Repository,
  share: MergeShare,
  { branch, head, edits, message }: ReviseRequest,
): Promise<string | undefined> {
  await cleanShare(share, head);
  // First what goes: a file may become a folder, and a folder a file.
  for (const { path, to } of edits) if (to.kind === 'nothing') takeOut(share, path);
  for (const { path, to } of edits) if (to.kind === 'bytes') putVersion(share, path, { data: to.bytes, mode: to.mode });
  for (const [revision, wanted] of byRevision(edits)) await putVersions(share, revision, wanted);
  if ((await share.hg.text(['branch'])).trim() !== branch)
    await share.hg.output(['branch', '-q', '--force', '--', branch]);
  const args = ['commit', '-q', '-u', await author(repository), '-m', message];
  await share.hg.output(['addremove', '-q', '-s', '100', '--', ...exactly(edits.map(({ path }) => path))]);
  const result = await share.hg.run(args);
  // 1: nothing changed.
  if (result.exitCode === 1) return undefined;
  if (result.exitCode !== 0) throw hgFailure(args, result);
  return await share.hg.text(['log', '--rev=.', '-T', '{node}']);
}

function takeOut({ top }: MergeShare, path: RelativePath): void {
  remove(joinPath(top, path));
  for (const parent of [...parentsOf(path)].reverse()) if (!removeEmptyFolder(joinPath(top, parent))) return;
}

/** From the path in a changeset to those that are to hold what it holds. */
type Wanted = Map<RelativePath, RelativePath[]>;

function byRevision(edits: readonly Edit[]): ReadonlyMap<string, Wanted> {
  const found = new Map<string, Wanted>();
  for (const { path, to } of edits) {
    if (to.kind !== 'version') continue;
    const wanted = found.get(to.revision) ?? new Map<RelativePath, RelativePath[]>();
    found.set(to.revision, wanted.set(to.path, [...(wanted.get(to.path) ?? []), path]));
  }
  return found;
}

async function putVersions(share: MergeShare, revision: string, wanted: Wanted): Promise<void> {
  const sources = [...wanted.keys()];
  const modes = await modesOf(share, revision, sources);
  const lacking = sources.find((source) => !modes.has(source));
  if (lacking !== undefined) throw new Error(`'${revision}' has no '${lacking}'`);
  await readFiles(share, revision, sources, (source, data) => {
    const mode = modes.get(source) ?? '100644';
    for (const path of wanted.get(source) ?? []) putVersion(share, path, { data, mode });
  });
}
