import type { Blocked } from '../../model/outcome.js';
import { isAtOrBelow } from '../conflict-copy.js';
import type { Status } from './status-parser.js';

/**
 * Tells whether the person seems to be composing a commit: something staged differs from its file. (What is staged just
 * as it stands in the file is part of the snapshot.)
 */
export function isStagedOtherwise(status: Status): boolean {
  const untracked = new Set(status.untracked);
  const inUntrackedFolder = (path: string): boolean =>
    status.untracked.some((folder) => folder.endsWith('/') && path.startsWith(folder));
  // Nobody knows whether what is staged is what the file holds.
  const isUnseen = (path: string): boolean => status.closed.some((one) => isAtOrBelow(path, one));
  return status.tracked.some(({ path, staged, unstaged, submodule }) => {
    if (staged === '.' || submodule) return false;
    const takenOut = staged === 'D' && (untracked.has(path) || inUntrackedFolder(path));
    return unstaged !== '.' || takenOut || isUnseen(path);
  });
}

/** What keeps a snapshot from being made. */
export const COMPOSING: Blocked = {
  kind: 'staged',
  hint: 'git commit what is staged, or git restore --staged . to let autosync take it',
};

/** What keeps a branch without a commit from beginning with the hub's: a commit by hand would begin another history. */
export const COMPOSING_FIRST: Blocked = {
  kind: 'staged',
  hint: 'what is staged differs from its files; git read-tree --empty lets autosync take the files as they stand',
};
