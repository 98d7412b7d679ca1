import { randomBytes } from 'node:crypto';
import {
  joinPath,
  lstatIfPresent,
  readIfPresent,
  readTextIfPresent,
  remove,
  writeAtomically,
} from '../../system/files.js';
import type { TreeDifference } from '../placement/plan.js';
import { EMPTY_DIRSTATE, movedDirstate, parseDirstate, renderDirstate } from './dirstate.js';
import { pendingOperation } from './pending-operation.js';
import { NO_CHANGESET, type Repository } from './repository.js';

/** A working tree that is to stand on another changeset, whose files are in place already. */
export type ParentMove = {
  readonly branch: string;
  /** What it stands on now; undefined before the first commit. */
  readonly from: string | undefined;
  readonly to: string;
  readonly differences: readonly TreeDifference[];
};

/**
 * Makes a working tree stand on another changeset; hg's working-tree lock must be ours. Parent and files are in one file
 * that is replaced in one step, so nobody ever sees the one without the other; says why where somebody was faster.
 */
export function moveParent(repository: Repository, move: ParentMove): true | string {
  const file = joinPath(repository.hgFolder, 'dirstate');
  const bytes = readIfPresent(file);
  const dirstate = bytes === undefined ? EMPTY_DIRSTATE : parseDirstate(bytes);
  if (dirstate === undefined) return 'has a dirstate that cannot be read';
  if (dirstate.first !== (move.from ?? NO_CHANGESET)) return 'was moved to another commit meanwhile';
  if (pendingOperation(repository, dirstate.second !== NO_CHANGESET) !== undefined) return 'is in use meanwhile';
  if (branchOf(repository) !== move.branch) return 'was switched to another branch meanwhile';
  const changes = move.differences.map(({ path, new: content }) => ({ path, present: content !== undefined }));
  const mode = (lstatIfPresent(file)?.mode ?? 0o644) & 0o777;
  tellingWhatIsTracked(repository, move, () => {
    writeAtomically(file, renderDirstate(movedDirstate(dirstate, move.to, changes)), mode);
  });
  return true;
}

/**
 * Does something to the dirstate as hg does where other programs are told when other files are tracked
 * (`format.use-dirstate-tracked-hint`): what tells them is gone meanwhile, and is another one
 * afterwards: `1 LF <32 hex digits> LF`.
 */
function tellingWhatIsTracked(
  { hgFolder }: Pick<Repository, 'hgFolder'>,
  { differences }: Pick<ParentMove, 'differences'>,
  body: () => void,
): void {
  const hint = joinPath(hgFolder, 'dirstate-tracked-hint');
  const before = lstatIfPresent(hint);
  if (before === undefined || !differences.some((one) => (one.old === undefined) !== (one.new === undefined))) {
    body();
    return;
  }
  remove(hint);
  body();
  writeAtomically(hint, `1\n${randomBytes(16).toString('hex')}\n`, before.mode & 0o777);
}

/** Reads the named branch that the next commit will be on. */
export const branchOf = ({ hgFolder }: Pick<Repository, 'hgFolder'>): string =>
  readTextIfPresent(joinPath(hgFolder, 'branch'))?.trim() || 'default';
