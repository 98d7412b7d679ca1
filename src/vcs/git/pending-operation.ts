import type { Blocked, BlockedKind } from '../../model/outcome.js';
import { exists, joinPath } from '../../system/files.js';
import type { Repository } from './repository.js';

/** What lies in the git folder while the person is in the middle of something, in the order it is looked for. */
const MARKS: readonly (readonly [string, BlockedKind, string])[] = [
  ['rebase-merge', 'rebase', 'git rebase --continue, or git rebase --abort'],
  ['rebase-apply', 'rebase', 'git rebase --continue (or git am --continue), or --abort'],
  ['MERGE_HEAD', 'merge', 'git commit to end the merge, or git merge --abort'],
  ['CHERRY_PICK_HEAD', 'cherry-pick', 'git cherry-pick --continue, or git cherry-pick --abort'],
  ['REVERT_HEAD', 'revert', 'git revert --continue, or git revert --abort'],
  ['BISECT_LOG', 'bisect', 'git bisect reset'],
  ['sequencer', 'cherry-pick', 'git cherry-pick --continue (or git revert --continue), or --abort'],
];

/** Returns what the person is in the middle of, if anything. */
export function pendingOperation(repository: Pick<Repository, 'gitDir'>): Blocked | undefined {
  for (const [mark, kind, hint] of MARKS) {
    if (exists(joinPath(repository.gitDir, mark))) return { kind, hint };
  }
  return undefined;
}
