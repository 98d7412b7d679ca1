import { isMachineError } from '../model/errors.js';
import { appendRun, type Run } from '../store/runs.js';
import type { WorkingTree } from '../vcs/vcs.js';

/** Follows where a branch stands while something of ours is under way. */
export type Journey = {
  /** Tells where it stands now. */
  readonly standsOn: (branch: string, head: string | undefined) => void;
  /** Tells that it stands on another commit that holds just the same: alone, that is nothing to take back. */
  readonly isNowCalled: (head: string) => void;
  /** Writes down what of it there is, so that `undo` can take it back. */
  readonly remember: (kind: Run['kind'], at: number) => void;
};

/** Begins to follow a working tree's branch. */
export function journeyIn({ privateFolder }: Pick<WorkingTree, 'privateFolder'>): Journey {
  let start: { readonly branch: string; readonly from: string | undefined } | undefined;
  let to: string | undefined;
  return {
    standsOn: (branch, head) => {
      // The person switched to another branch: what we do begins there.
      if (start?.branch !== branch) start = { branch, from: head };
      to = head;
    },
    isNowCalled: (head) => {
      if (start !== undefined && start.from === to) start = { ...start, from: head };
      to = head;
    },
    remember: (kind, at) => {
      if (start?.from === undefined || to === undefined || start.from === to) return;
      try {
        appendRun(privateFolder, { kind, at, branch: start.branch, from: start.from, to });
      } catch (error) {
        // The work itself is done and safe: a full disk only means that `undo` does not know of it.
        if (!isMachineError(error)) throw error;
      }
    },
  };
}
