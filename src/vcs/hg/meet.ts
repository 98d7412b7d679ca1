import type { Quarantined } from '../../model/change.js';
import type { Blocked } from '../../model/outcome.js';
import type { RelativePath } from '../../model/paths.js';
import { printable } from '../../system/printable.js';
import type { Met } from '../vcs.js';
import { rememberHeld } from './at-hub.js';
import { askHub, unavailable } from './hub.js';
import { bringIn } from './integrate.js';
import { branchOf } from './push.js';
import type { Repository } from './repository.js';
import { isAncestor, isKnown, readPosition } from './revisions.js';
import { upstreamOf } from './upstream.js';

/** A subrepository as it stands, and what is said of it. */
export type Meeting = {
  readonly branch: string;
  readonly head: string | undefined;
  readonly quarantined: readonly Quarantined[];
  /** What the tree around it says that it stands on. */
  readonly named: string | undefined;
  /** Where it stood when the two last agreed; undefined where that is not known. */
  readonly agreed: string | undefined;
  readonly pull: boolean;
};

/**
 * Compares where a subrepository stands with what the tree around it says, both with where they last agreed, and brings
 * it there, file by file, where the tree alone went on.
 */
export async function meet(repository: Repository, meeting: Meeting): Promise<Met> {
  const { head, named, agreed } = meeting;
  if (head === named || head === undefined) return { kind: 'agrees' };
  if (named === undefined || named === agreed) return { kind: 'went-on' };
  const missing = await bringHere(repository, meeting, named);
  if (missing !== undefined) return missing;
  if (head !== agreed) {
    if (await isAncestor(repository, named, head)) return { kind: 'went-on' };
    if (!(await isAncestor(repository, head, named))) return { kind: 'diverged', named };
  }
  const obstacle = await obstacleTo(repository, meeting, { head, named });
  if (obstacle !== undefined) return { kind: 'blocked', blocked: obstacle };
  const { branch, quarantined } = meeting;
  const mostCopies = repository.settings.mostConflictCopies;
  const wanted = { branch, head, quarantined, displace: true, mostCopies, to: named } as const;
  const brought = await bringIn(repository, { ...wanted, kind: 'fast-forwarded', conflicts: [] });
  return brought.kind === 'paused' ? { kind: 'blocked', blocked: crowdedOut(repository, brought.crowded) } : brought;
}

/** Pulls a changeset where it is not known yet, and remembers that its hub has it; says why it cannot be had. */
async function bringHere(
  repository: Repository,
  { pull }: Meeting,
  named: string,
): Promise<Extract<Met, { kind: 'unavailable' }> | undefined> {
  if (await isKnown(repository, named)) return undefined;
  const notThere = `'${named.slice(0, 12)}', on which it is to stand, is not here`;
  const upstream = await upstreamOf(repository);
  if (!pull || 'why' in upstream) return { kind: 'unavailable', reason: 'other', why: notThere };
  const result = await askHub(repository, upstream, ['pull', '-q', `--rev=${named}`]);
  if (result.exitCode !== 0 && !/unknown revision/.test(result.stderr)) return unavailable(result);
  if (!(await isKnown(repository, named)))
    return { kind: 'unavailable', reason: 'other', why: `${notThere}, and not on its hub` };
  await rememberHeld(repository, upstream, named);
  return undefined;
}

const crowdedOut = ({ top }: Repository, crowded: readonly RelativePath[]): Blocked => ({
  kind: 'unresolved',
  hint: `in '${printable(top)}', '${printable(crowded[0] ?? '')}' has as many conflict copies as it may: take some of them away`,
});

type Way = { readonly head: string; readonly named: string };

/** Says what of hg's own, besides files, would have to move along, which only the person moves. */
async function obstacleTo(
  repository: Repository,
  { branch }: Meeting,
  { head, named }: Way,
): Promise<Blocked | undefined> {
  const wanted = await branchOf(repository, named);
  const byHand = `by hand in '${printable(repository.top)}': hg update -r ${named}`;
  if (wanted !== branch)
    return { kind: 'unsupported', hint: `it is to stand on another branch, '${printable(wanted)}'; ${byHand}` };
  const { bookmark } = await readPosition(repository);
  if (bookmark === '' || (await isAncestor(repository, head, named))) return undefined;
  return { kind: 'unsupported', hint: `the bookmark '${printable(bookmark)}' would go back; ${byHand}` };
}
