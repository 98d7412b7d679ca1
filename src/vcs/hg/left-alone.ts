import { counted } from '../../system/counted.js';
import { printable } from '../../system/printable.js';
import { quoteShell } from '../../system/quote.js';
import type { HubHead } from './hub.js';
import { ownMerges } from './merge.js';
import type { Repository } from './repository.js';
import { changesetsOf, quoted } from './revisions.js';
import { ASIDE } from './shared-head.js';

/** What a run knows of a branch after it has looked at the hub. */
export type BranchLook = {
  readonly branch: string;
  readonly ours: string | undefined;
  /** The hub's head that a run brings in. */
  readonly head: string;
  /** Every open head of the branch on the hub. */
  readonly open: readonly string[];
  /** Those of them that are nobody's own, and are not brought in. */
  readonly further: readonly HubHead[];
};

/** Says what of a branch no run brings in or sends, and what the person can do about it; undefined where it is nothing. */
export async function leftAlone(repository: Repository, look: BranchLook): Promise<string | undefined> {
  return (await furtherHeads(repository, look)) ?? (await unsentElsewhere(repository, look));
}

/**
 * Further heads on the hub are not merged unasked: in an old repository some were forgotten years ago, and one under a
 * bookmark is a line of work of its own.
 */
async function furtherHeads(
  repository: Repository,
  { branch, ours, head, further }: BranchLook,
): Promise<string | undefined> {
  if (further.length === 0) return undefined;
  const all = further.map(({ id }) => id).join('+');
  const [first, ...more] = await changesetsOf(repository, `(${all}) - ::${ours ?? head}`);
  if (first === undefined) return undefined;
  const what = more.length === 0 ? 'a further head' : `${more.length + 1} further heads`;
  const bookmark = further.find(({ id }) => id === first)?.bookmarks[0];
  const whose = bookmark === undefined ? '' : `, under the bookmark '${printable(bookmark)}'`;
  return `the hub has ${what} of '${printable(branch)}'${whose}, not merged here: hg merge -r ${first.slice(0, 12)}, then hg commit; or, ${otherwise(bookmark)}`;
}

/** Says what can be done with a further head besides merging it. */
const otherwise = (bookmark: string | undefined): string =>
  bookmark === undefined
    ? 'where it is over, hg update to it and hg commit --close-branch'
    : `to follow it instead: ${printable(`hg pull -B ${quoteShell(bookmark)}, then hg update ${quoteShell(bookmark)}`)}`;

/** Counts commits of the branch that are neither below the working tree nor at the hub, topics and our own merges aside. */
async function unsentElsewhere(
  repository: Repository,
  { branch, ours, head, open }: BranchLook,
): Promise<string | undefined> {
  const sent = [head, ...open].join('+');
  const meant = `branch(${quoted(`literal:${branch}`)}) - obsolete() - extra("topic") - ::(${ASIDE})`;
  const ids = await changesetsOf(
    repository,
    `draft() and (${meant} - ::(${sent})) - ::${ours ?? head} - ${ownMerges(repository)}`,
  );
  const root = ids.at(-1)?.slice(0, 12);
  if (root === undefined) return undefined;
  return `${counted(ids.length, 'commit')} on another head of '${printable(branch)}' not at the hub: to bring it here: hg --config extensions.rebase= rebase -s ${root} -d .; to keep it to yourself: hg phase --force --secret -r ${root}::`;
}
