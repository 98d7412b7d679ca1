import { errorMessage } from '../../model/errors.js';
import type { Blocked } from '../../model/outcome.js';
import { printable } from '../../system/printable.js';
import type { WorkingTreeState } from '../vcs.js';
import { damagedDirstate, unknownParent } from './heal-damage.js';
import { unreadableRules } from './ignore-rules.js';
import { pendingOperation } from './pending-operation.js';
import type { Repository } from './repository.js';
import { countOf, type Position, readPosition } from './revisions.js';
import { readStatus } from './status.js';
import type { StatusEntry } from './status-parser.js';
import { hasSubrepositories } from './unsupported.js';
import { lastingLock } from './working-tree-lock.js';

/** A look at the working tree, with hg's own list kept for the snapshot. */
export type Inspection = { readonly state: WorkingTreeState; readonly status: readonly StatusEntry[] };

/** Looks at the working tree without touching anything. */
export async function inspect(repository: Repository): Promise<Inspection> {
  const damaged = damagedDirstate(repository);
  // Hg would call the tree new, and its next commit would begin a second history.
  if (damaged !== undefined)
    return { status: [], state: { branch: '', head: undefined, blocked: damaged, dirty: true } };
  const position = await readPosition(repository);
  const blocked =
    lastingLock(repository) ??
    (await unknownParent(repository, position)) ??
    pendingOperation(repository, position.merging) ??
    (await unresolved(repository)) ??
    (await closed(repository, position)) ??
    (await orphaned(repository, position));
  const { branch, head } = position;
  // In the middle of something nothing is looked at further.
  const status = blocked === undefined ? await statusOrObstacle(repository) : [];
  if ('kind' in status) return { status: [], state: { branch, head, blocked: status, dirty: true } };
  const unsupported = blocked ?? (await hasSubrepositories(repository, status));
  return { status, state: { branch, head, blocked: unsupported, dirty: status.length > 0 } };
}

/** Rules of what to ignore that hg cannot read end every look at the tree. */
async function statusOrObstacle(repository: Repository): Promise<readonly StatusEntry[] | Blocked> {
  try {
    return await readStatus(repository);
  } catch (error) {
    const unreadable = unreadableRules(errorMessage(error));
    if (unreadable !== undefined) return unreadable;
    throw error;
  }
}

/** Files with conflicts that outlived what made them: a kept-parent update, or a merge state restored by hand. */
async function unresolved({ hg }: Repository): Promise<Blocked | undefined> {
  const open = await hg.text(['resolve', '-l', '-T', '{mergestatus}']);
  if (!/[UP]/.test(open)) return undefined;
  return { kind: 'unresolved', hint: 'resolve the files that hg resolve -l lists, then hg resolve -m and hg commit' };
}

/** A commit would open the branch again, which only a person decides. */
async function closed(repository: Repository, { head, branch }: Position): Promise<Blocked | undefined> {
  if (head === undefined || (await countOf(repository, `${head} and closed()`)) === 0) return undefined;
  const name = printable(branch);
  return {
    kind: 'branch-deleted',
    hint: `the branch '${name}' is closed: hg update to another one, or commit by hand`,
  };
}

/** The hub refuses for ever what stands on a commit that was made anew; where it is to stand instead, only the person says. */
async function orphaned(repository: Repository, { head }: Position): Promise<Blocked | undefined> {
  if (head === undefined || (await countOf(repository, `${head} and orphan()`)) === 0) return undefined;
  return {
    kind: 'history-rewritten',
    hint: 'the commit that the working tree stands on builds on one that was made anew: hg evolve --update --rev . puts it on the new one, hg update leaves it',
  };
}
