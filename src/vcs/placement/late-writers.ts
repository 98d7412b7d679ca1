import { dirname } from 'node:path/posix';
import type { AbsolutePath, RelativePath } from '../../model/paths.js';
import { joinPath, listNames, lstatIfPresent, makeSharedFolder, remove, removeTree } from '../../system/files.js';
import { placementFolders, readJournal } from './journal.js';
import { linkIntoPlace } from './link-into-place.js';
import type { PlanRequest, Step } from './plan.js';

/** What rescuing late writes has to know. */
export type RescueRequest = Pick<PlanRequest, 'top' | 'matches' | 'copyName'> & { readonly staging: AbsolutePath };

/**
 * Looks at the old versions that earlier placements moved aside: a program that still held one open may have written
 * to it since. Such a file gets a name of its own beside the path; the others are removed. Returns the rescued names.
 */
export async function rescueLateWrites(request: RescueRequest): Promise<readonly RelativePath[]> {
  const rescued: RelativePath[] = [];
  for (const name of listNames(request.staging)) {
    if (!name.startsWith('aside-')) continue;
    const folders = placementFolders(request.staging, name);
    const journal = readJournal(folders);
    if (journal === undefined || journal === 'damaged') continue;
    for (const step of journal.steps) {
      const copy = await rescue(request, step, joinPath(folders.old, String(step.n)));
      if (copy !== undefined) rescued.push(copy);
    }
    removeTree(folders.root);
  }
  return rescued;
}

async function rescue(request: RescueRequest, step: Step, aside: AbsolutePath): Promise<RelativePath | undefined> {
  // What stood in the way has its copy's name besides this one, so a late write is in the copy.
  if (step.old === undefined || step.copy !== undefined || lstatIfPresent(aside) === undefined) return undefined;
  if (await request.matches(step.path, aside, step.old)) return undefined;
  const copy = request.copyName(step.path, aside);
  makeSharedFolder(joinPath(request.top, dirname(step.path)));
  linkIntoPlace(aside, joinPath(request.top, copy));
  remove(aside);
  return copy;
}
