import type { AbsolutePath } from '../../model/paths.js';
import {
  exists,
  joinPath,
  lstatIfPresent,
  makeFolder,
  readIfPresent,
  remove,
  writeAtomically,
} from '../../system/files.js';
import { recover } from '../placement/recover.js';
import { healDirstate, rememberHead } from './heal-damage.js';
import { isCommitted, ownCopyName } from './integrate.js';
import { shareFolder } from './merge-share.js';
import { NO_CHANGESET, type Repository } from './repository.js';
import { isKnown } from './revisions.js';
import { removeStagingFolder, stagingFolder } from './staging-folder.js';
import { putBackStripped, rescueStripped } from './stripped.js';
import { forsake } from './unplaced.js';
import { lockState, storeLock, workingTreeLock } from './working-tree-lock.js';

/** Ends a run, and lets hg go. */
export function endRun(repository: Repository): void {
  removeStagingFolder(repository);
  rememberHead(repository);
  repository.hg.end();
}

/** Mends what an earlier run of ours left when it was killed; says what was done. */
export async function heal(repository: Repository): Promise<readonly string[]> {
  makeFolder(repository.privateFolder);
  const done = [...healLocks(repository), ...(await healTransaction(repository)), ...(await healStripped(repository))];
  done.push(
    ...(await healDirstate(repository)),
    ...(await recover({
      top: repository.top,
      staging: stagingFolder(repository),
      copyName: ownCopyName(repository),
      isCommitted: isCommitted(repository),
    })),
  );
  done.push(...(await forsake(repository)));
  removeStagingFolder(repository);
  return done;
}

/** Removes locks whose owner is dead, as hg itself would when it next needed them. */
function healLocks(repository: Repository): readonly string[] {
  const dead = [workingTreeLock(repository), storeLock(repository)].filter((lock) => lockState(lock) === 'dead');
  for (const lock of dead) remove(lock);
  return dead.map((lock) => `removed the lock '${lock}' of a program that had died`);
}

/** Puts back what a strip in the share was to put back; where the working tree stands may be a part of it. */
async function healStripped(repository: Repository): Promise<readonly string[]> {
  rescueStripped(repository, shareFolder(repository));
  return await putBackStripped(repository);
}

/** Takes back a transaction that was killed: until then hg would refuse every commit and pull. */
async function healTransaction(repository: Repository): Promise<readonly string[]> {
  if (!exists(joinPath(repository.sharedFolder, 'store', 'journal'))) return [];
  // It may also be under way just now.
  if (lockState(storeLock(repository)) !== 'free') return [];
  const tree = TREE_FILES.map((name) => joinPath(repository.hgFolder, name));
  const before = tree.map((file) => ({ file, bytes: readIfPresent(file) }));
  const stood = before[0]?.bytes?.toString('hex', 0, 20);
  const result = await repository.hg.run(['recover', '-q']);
  if (result.exitCode !== 0) return [];
  const put = await healStripped(repository);
  // A transaction of the share knows nothing of this tree: what is taken back here is then an older state of it.
  const isUntouched = stood !== undefined && stood !== NO_CHANGESET && (await isKnown(repository, stood));
  if (isUntouched) for (const { file, bytes } of before) putBack(file, bytes);
  return ['took back a transaction of hg that had been killed', ...put];
}

/** What says where a working tree stands, its parents first. */
const TREE_FILES: readonly string[] = ['dirstate', 'branch'];

function putBack(file: AbsolutePath, bytes: Buffer | undefined): void {
  const now = readIfPresent(file);
  if (bytes === undefined) remove(file);
  else if (now?.equals(bytes) !== true) writeAtomically(file, bytes, (lstatIfPresent(file)?.mode ?? 0o644) & 0o777);
}
