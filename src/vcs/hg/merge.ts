import type { Conflict } from '../../model/outcome.js';
import { asRelative, type RelativePath } from '../../model/paths.js';
import { splitPaths } from '../../system/path-bytes.js';
import { crowdedBy } from '../crowded.js';
import { preferredSide } from '../preferred-side.js';
import { type IntegrateRequest, MACHINE_TRAILER } from '../vcs.js';
import { hgFailure } from './command.js';
import { allModesOf } from './difference.js';
import { divergentRenames } from './divergent-renames.js';
import { author } from './identity.js';
import { cleanShare, inMergeShare, type MergeShare } from './merge-share.js';
import { preferSide } from './prefer-side.js';
import { isRefusal, refusalOf } from './refusal.js';
import type { Repository } from './repository.js';
import { changesetsOf, countOf, isAncestor, quoted } from './revisions.js';
import { type Ends, settleConflicts } from './settle-conflicts.js';
import { settleFlags } from './settle-flags.js';
import { settleLosses } from './settle-losses.js';
import { settleSubstate } from './settle-substate.js';
import { uniteRuleFiles } from './unite-rule-files.js';

/** What merging needs to know. */
export type MergeRequest = Ends & Pick<IntegrateRequest, 'policy' | 'mostCopies'>;

/** A merge; without a changeset where it was left to a person. */
export type Merged = {
  readonly id: string | undefined;
  readonly conflicts: readonly Conflict[];
  /** Files that would have more copies than they may. */
  readonly crowded: readonly RelativePath[];
  /** Why a check of the person's let it not be made, in its own words. */
  readonly refused?: string;
};

/** Merges two changesets in the private share, and settles what conflicts there. */
export async function merge(repository: Repository, request: MergeRequest): Promise<Merged> {
  return await inMergeShare(repository, async (share) => {
    let id = request.ours;
    const conflicts: Conflict[] = [];
    for (const side of [...(await unplacedMerges(repository, request)), request.theirs]) {
      if (await isAncestor(repository, side, id)) continue;
      if (await isAncestor(repository, id, side)) {
        id = side;
        continue;
      }
      const merged = await mergeOne(repository, share, { ...request, ours: id, theirs: side });
      conflicts.push(...merged.conflicts);
      if (merged.id === undefined) return { ...merged, conflicts };
      id = merged.id;
    }
    return { id, conflicts, crowded: [] };
  });
}

/**
 * Merges in the share; tells whether there are conflicts. Some renames of folders lead hg 6.3 to a path that it then
 * refuses itself (a folder without a name, a file where a folder stands), and it gives up. Without a look at renames it
 * merges the same; what was edited under an old name is a change against a removal then, and stays.
 */
async function mergeInShare(share: MergeShare, { ours, theirs }: Ends): Promise<boolean> {
  const args = ['merge', '-q', `--rev=${theirs}`];
  await cleanShare(share, ours);
  const first = await share.hg.run(args);
  // 0: merged; 1: merged with conflicts; anything else is a failure.
  if (first.exitCode === 0 || first.exitCode === 1) return first.exitCode === 1;
  await cleanShare(share, ours);
  const second = await share.hg.run([...args, '--config', 'experimental.copytrace=off']);
  if (second.exitCode === 0 || second.exitCode === 1) return second.exitCode === 1;
  throw hgFailure(args, first);
}

async function mergeOne(repository: Repository, share: MergeShare, request: MergeRequest): Promise<Merged> {
  const hasConflicts = await mergeInShare(share, request);
  const conflicts = await settle(repository, share, { ...request, hasConflicts });
  const crowded = await crowdedIn(share, request, conflicts);
  if (crowded.length > 0 || (request.policy === 'pause' && conflicts.length > 0)) {
    await share.hg.output(['update', '-q', '--clean', `--rev=${request.ours}`]);
    return { id: undefined, conflicts, crowded };
  }
  await settleSubstate(repository, share, request);
  const message = repository.messages.merge(conflicts);
  const args = ['commit', '-q', '-u', await author(repository), '-m', message];
  const made = await share.hg.run(args);
  if (isRefusal(made)) {
    await share.hg.output(['update', '-q', '--clean', `--rev=${request.ours}`]);
    return { id: undefined, conflicts, crowded: [], refused: refusalOf(made) };
  }
  if (made.exitCode !== 0) throw hgFailure(args, made);
  return { id: await share.hg.text(['log', '--rev=.', '-T', '{node}']), conflicts, crowded };
}

/** Looks into the share, where the merge stands with all of its copies. */
async function crowdedIn(
  share: MergeShare,
  { ours, theirs, mostCopies: limit }: MergeRequest,
  conflicts: readonly Conflict[],
): Promise<readonly RelativePath[]> {
  if (conflicts.every(({ copy }) => copy === undefined)) return [];
  const known = [await allModesOf(share, ours), await allModesOf(share, theirs)];
  const paths = splitPaths(await share.hg.output(['status', '-mac', '-n', '-0'])).map(asRelative);
  return crowdedBy({ conflicts, paths, isKnown: (path) => known.some((side) => side.has(path)), limit });
}

type Settling = MergeRequest & { readonly hasConflicts: boolean };

async function settle(repository: Repository, share: MergeShare, request: Settling): Promise<readonly Conflict[]> {
  const united = request.hasConflicts ? await uniteRuleFiles(share, request) : new Set<RelativePath>();
  const ends = { ...request, united };
  const side = preferredSide(request.policy);
  if (side !== undefined) {
    const settled = await preferSide(share, { ...request, side });
    const flags = await settleFlags(share, { ...request, side }, settled);
    return [...settled, ...flags, ...(await settleLosses(share, ends, side))];
  }
  const settled = request.hasConflicts ? await settleConflicts(share, request) : [];
  const flags = await settleFlags(share, { ...request, side: 'theirs' }, settled);
  const left = await settleLosses(share, ends);
  return [...settled, ...flags, ...left, ...(await divergentRenames(repository, request))];
}

/**
 * Returns merges of ours that never came into the working tree, because somebody saved meanwhile or we were killed. They
 * are in the history for good, so the next merge takes them in, and no head of them is left behind. They hold nothing
 * but what both sides have: a history that was taken back does not return through them.
 */
async function unplacedMerges(repository: Repository, { ours, theirs }: Ends): Promise<readonly string[]> {
  const own = ownMerges(repository);
  const news = `- ::${ours} - ::${theirs}`;
  const heads = await changesetsOf(
    repository,
    `heads((not public() and branch(${ours}) and not hidden()) ${news}) and ${own}`,
  );
  const unplaced: string[] = [];
  for (const id of heads) {
    if ((await countOf(repository, `(::${id} ${news}) - ${own}`)) === 0) unplaced.push(id);
  }
  return unplaced;
}

/** A revset of the merges that this machine has made and not sent. */
export function ownMerges({ settings }: Pick<Repository, 'settings'>): string {
  return `(merge() and not public() and desc(${quoted(`literal:${MACHINE_TRAILER}: ${settings.machine}`)}))`;
}
