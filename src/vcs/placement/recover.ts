import { exists, joinPath, listNames, move } from '../../system/files.js';
import { discard, type IsCommitted, placementFolders, readJournal, removeSpent } from './journal.js';
import { type RescueRequest, rescueLateWrites } from './late-writers.js';
import { rollBack } from './roll-back.js';

/** What recovering has to know. */
export type RecoverRequest = RescueRequest & {
  readonly isCommitted: IsCommitted;
};

/**
 * Ends a placement that was killed: forward when its commit was made, else back. Then looks for late writers.
 * Returns what was done, in words for the log.
 */
export async function recover(request: RecoverRequest): Promise<readonly string[]> {
  const done: string[] = [];
  const folders = placementFolders(request.staging);
  removeSpent(request.staging);
  if (exists(folders.root)) {
    const journal = readJournal(folders);
    if (journal === undefined && listNames(folders.old).length === 0) {
      discard(request.staging, folders);
    } else if (journal === undefined || journal === 'damaged') {
      const kept = joinPath(request.staging, `rescued-${Date.now()}`);
      move(folders.root, kept);
      done.push(`the journal of a placement was damaged; what it had moved aside is in '${kept}'`);
    } else if (await request.isCommitted(journal)) {
      move(folders.root, joinPath(request.staging, `aside-${Date.now()}-${process.pid}`));
      done.push('ended a placement that had been killed after its commit');
    } else {
      rollBack({ ...request, journal, folders });
      done.push('took back a placement that had been killed');
    }
  }
  for (const copy of rescueLateWrites(request)) done.push(`kept what was written late as '${copy}'`);
  return done;
}
