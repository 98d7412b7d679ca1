import type { AbsolutePath } from '../../model/paths.js';
import { exists, joinPath, listNames, move } from '../../system/files.js';
import { RESCUED } from '../rescued.js';
import { ASIDE, discard, type IsCommitted, placementFolders, readJournal, removeSpent } from './journal.js';
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
      const kept = joinPath(request.staging, `${RESCUED}${Date.now()}`);
      move(folders.root, kept);
      done.push(`the journal of a placement was damaged; what it had moved aside is in '${kept}'`);
    } else if (await request.isCommitted(journal)) {
      move(folders.root, joinPath(request.staging, `${ASIDE}${Date.now()}-${process.pid}`));
      done.push('ended a placement that had been killed after its commit');
    } else {
      rollBack({ ...request, journal, folders });
      done.push('took back a placement that had been killed');
    }
  }
  done.push(...keepUnreadable(request.staging));
  for (const copy of rescueLateWrites(request)) done.push(`kept what was written late as '${copy}'`);
  return done;
}

/** Without its journal nobody knows what an earlier placement had moved aside, nor whether it was written to since. */
function keepUnreadable(staging: AbsolutePath): readonly string[] {
  const done: string[] = [];
  for (const name of listNames(staging)) {
    if (!name.startsWith(ASIDE)) continue;
    const folders = placementFolders(staging, name);
    const journal = readJournal(folders);
    if (journal !== undefined && journal !== 'damaged') continue;
    if (listNames(folders.old).length === 0) {
      discard(staging, folders);
      continue;
    }
    const kept = joinPath(staging, `${RESCUED}${name.slice(ASIDE.length)}`);
    move(folders.root, kept);
    done.push(`the journal of an earlier placement was damaged; what it had moved aside is in '${kept}'`);
  }
  return done;
}
