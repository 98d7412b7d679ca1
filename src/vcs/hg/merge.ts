import type { Conflict } from '../../model/outcome.js';
import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, makeFolder, readTextIfPresent, remove, writeAtomically } from '../../system/files.js';
import { hgFailure } from './command.js';
import { divergentRenames } from './divergent-renames.js';
import { author } from './identity.js';
import { cleanShare, inMergeShare, type MergeShare } from './merge-share.js';
import type { Repository } from './repository.js';
import { countOf, isAncestor, isKnown } from './revisions.js';
import { type Ends, settleConflicts } from './settle-conflicts.js';
import { settleFlags } from './settle-flags.js';

/** What merging needs to know. */
export type MergeRequest = Ends & {
  /** Leave a merge that has conflicts to a person. */
  readonly pause: boolean;
};

/** A merge; without a changeset where it was left to a person. */
export type Merged = { readonly id: string | undefined; readonly conflicts: readonly Conflict[] };

/** Merges two changesets in the private share, and settles what conflicts there. */
export async function merge(repository: Repository, request: MergeRequest): Promise<Merged> {
  return await inMergeShare(repository, async (share) => {
    let id = request.ours;
    const conflicts: Conflict[] = [];
    for (const side of [await unplacedMerge(repository, request.ours), request.theirs]) {
      if (side === undefined || (await isAncestor(repository, side, id))) continue;
      const merged = await mergeOne(repository, share, { ...request, ours: id, theirs: side });
      conflicts.push(...merged.conflicts);
      if (merged.id === undefined) return { id: undefined, conflicts };
      id = merged.id;
    }
    return { id, conflicts };
  });
}

async function mergeOne(repository: Repository, share: MergeShare, request: MergeRequest): Promise<Merged> {
  await cleanShare(share, request.ours);
  const args = ['merge', '-q', `--rev=${request.theirs}`];
  const result = await share.hg.run(args);
  // 0: merged; 1: merged with conflicts; anything else is a failure.
  if (result.exitCode !== 0 && result.exitCode !== 1) throw hgFailure(args, result);
  const settled = result.exitCode === 1 ? await settleConflicts(share, request) : [];
  const flags = await settleFlags(share, request, settled);
  const conflicts = [...settled, ...flags, ...(await divergentRenames(repository, request))];
  if (request.pause && conflicts.length > 0) {
    await share.hg.output(['update', '-q', '--clean', `--rev=${request.ours}`]);
    return { id: undefined, conflicts };
  }
  const message = repository.messages.merge(conflicts);
  await share.hg.output(['commit', '-q', '-u', await author(repository), '-m', message]);
  const id = await share.hg.text(['log', '--rev=.', '-T', '{node}']);
  rememberUnplaced(repository, id);
  return { id, conflicts };
}

const unplacedFile = ({ privateFolder }: Pick<Repository, 'privateFolder'>): AbsolutePath =>
  joinPath(privateFolder, 'unplaced-merge');

function rememberUnplaced(repository: Repository, id: string): void {
  makeFolder(repository.privateFolder);
  writeAtomically(unplacedFile(repository), `${id}\n`);
}

/** Forgets the last merge: the working tree stands on it now. */
export const forgetUnplaced = (repository: Repository): void => remove(unplacedFile(repository));

/**
 * Returns a merge of ours that never came into the working tree, because somebody saved meanwhile or we were killed. It
 * is in the history for good, so the next merge takes it in, and no head of it is left behind.
 */
async function unplacedMerge(repository: Repository, ours: string): Promise<string | undefined> {
  const id = /^[0-9a-f]{40}$/m.exec(readTextIfPresent(unplacedFile(repository)) ?? '')?.[0];
  if (id === undefined || !(await isKnown(repository, id)) || (await isAncestor(repository, id, ours)))
    return undefined;
  const usable = await countOf(repository, `${id} and draft() and heads(all()) and branch(${ours}) and not hidden()`);
  return usable > 0 ? id : undefined;
}
