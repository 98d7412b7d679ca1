import type { Blocked } from '../../model/outcome.js';
import { unreadRulesHint } from '../unread-rules.js';
import type { WorkingTreeState } from '../vcs.js';
import { readStatusAnew } from './distrust.js';
import { damagedBranch } from './heal-damage.js';
import { pendingOperation } from './pending-operation.js';
import type { Repository } from './repository.js';
import type { Status } from './status-parser.js';

/** A look at the working tree, with git's own list kept for the snapshot. */
export type Inspection = { readonly state: WorkingTreeState; readonly status: Status };

/** Looks at the working tree without touching anything. */
export async function inspect(repository: Repository): Promise<Inspection> {
  const status = await readStatusAnew(repository);
  const blocked = pendingOperation(repository) ?? blockedByStatus(status) ?? blockedByDamage(repository, status);
  const { tracked, untracked, unmerged, closed } = status;
  // What could not be looked at is no reason to say that nothing changed.
  const dirty = tracked.length + untracked.length + unmerged.length + closed.length > 0;
  return { status, state: { branch: status.branch ?? '', head: status.head, blocked, dirty } };
}

function blockedByStatus(status: Status): Blocked | undefined {
  if (status.unmerged.length > 0) {
    return { kind: 'unresolved', hint: 'resolve the files that git status lists, then git add and git commit' };
  }
  if (status.branch === undefined) return { kind: 'detached', hint: 'git switch <branch>' };
  const [rules] = status.unreadRules;
  if (rules !== undefined) return { kind: 'damaged', hint: unreadRulesHint(rules) };
  return undefined;
}

/** A branch that only seems unborn: its ref is there and holds nothing, and its log could not say what it held. */
function blockedByDamage(repository: Repository, status: Status): Blocked | undefined {
  if (status.head !== undefined) return undefined;
  const damaged = damagedBranch(repository);
  if (damaged === undefined) return undefined;
  const hint = `the ref '${damaged.ref}' is damaged; git fetch, then git update-ref ${damaged.ref} <the last good commit>`;
  return { kind: 'damaged', hint };
}
