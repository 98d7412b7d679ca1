import type { Blocked, BlockedKind } from '../../model/outcome.js';
import { exists, joinPath, listNames, lstatIfPresent, readTextIfPresent } from '../../system/files.js';
import type { Repository } from './repository.js';

/** What lies in `.hg` while the person is in the middle of something, in the order it is looked for. */
const MARKS: readonly (readonly [string, BlockedKind, string])[] = [
  ['rebasestate', 'rebase', 'hg rebase --continue, or hg rebase --abort'],
  ['graftstate', 'graft', 'hg graft --continue, or hg graft --abort'],
  ['histedit-state', 'histedit', 'hg histedit --continue, or hg histedit --abort'],
  ['shelvedstate', 'shelve', 'hg unshelve --continue, or hg unshelve --abort'],
  ['transplant/journal', 'graft', 'hg transplant --continue, or hg transplant --stop'],
  ['evolvestate', 'rebase', 'hg evolve --continue, or hg evolve --abort'],
  ['topicstate', 'rebase', 'hg continue, or hg abort'],
  ['updatestate', 'update', 'hg update, which completes the one that was interrupted'],
  ['bisect.state', 'bisect', 'hg bisect --reset'],
];

const MERGE: Blocked = { kind: 'merge', hint: 'hg commit to end the merge, or hg merge --abort' };

/** With a push to a hub that publishes, a topic would end. */
const TOPIC: Blocked = { kind: 'topic', hint: 'hg topic --clear, once what is on the topic may be seen by all' };

/** Hg commits nothing on top of patches of its queue, and pushes none of them. */
const PATCHES: Blocked = { kind: 'unsupported', hint: 'patches are applied: hg qfinish --applied, or hg qpop --all' };

/** Returns what the person is in the middle of, if anything; `merging` says that there are two parents. */
export function pendingOperation(repository: Pick<Repository, 'hgFolder'>, merging: boolean): Blocked | undefined {
  for (const [mark, kind, hint] of MARKS) {
    if (exists(joinPath(repository.hgFolder, mark))) return { kind, hint };
  }
  if (merging) return MERGE;
  if (hasAppliedPatches(repository)) return PATCHES;
  return (readTextIfPresent(joinPath(repository.hgFolder, 'topic')) ?? '').trim() === '' ? undefined : TOPIC;
}

/** Looks into every queue there is: one with a name of its own is kept in `.hg/patches-<name>` (`hg qqueue --create`). */
const hasAppliedPatches = ({ hgFolder }: Pick<Repository, 'hgFolder'>): boolean =>
  listNames(hgFolder)
    .filter((name) => name === 'patches' || name.startsWith('patches-'))
    .some((queue) => (lstatIfPresent(joinPath(hgFolder, queue, 'status'))?.size ?? 0) > 0);
