import type { AbsolutePath, RelativePath } from '../../model/paths.js';
import { joinPath, listNames, lstatIfPresent, remove } from '../../system/files.js';
import { fingerprint } from './fingerprint.js';
import { ASIDE, discard, placementFolders, readJournal, type StagedStep } from './journal.js';
import { type KeepRequest, keepBeside } from './keep-beside.js';

/** What rescuing late writes has to know. */
export type RescueRequest = KeepRequest & { readonly staging: AbsolutePath };

/**
 * Looks at the old versions that earlier placements moved aside: a program that still held one open may have written
 * to it since. Such a file gets a name of its own beside the path; the others are removed. Returns the rescued names.
 */
export function rescueLateWrites(request: RescueRequest): readonly RelativePath[] {
  const rescued: RelativePath[] = [];
  for (const name of listNames(request.staging)) {
    if (!name.startsWith(ASIDE)) continue;
    const folders = placementFolders(request.staging, name);
    const journal = readJournal(folders);
    if (journal === undefined || journal === 'damaged') continue;
    for (const step of journal.steps) {
      const copy = rescue(request, step, joinPath(folders.old, String(step.n)));
      if (copy !== undefined) rescued.push(copy);
    }
    discard(request.staging, folders);
  }
  return rescued;
}

function rescue(request: RescueRequest, step: StagedStep, aside: AbsolutePath): RelativePath | undefined {
  // What stood in the way has its copy's name besides this one, so a late write is in the copy.
  if (step.oldPrint === undefined || lstatIfPresent(aside) === undefined) return undefined;
  if (fingerprint(aside) === step.oldPrint) return undefined;
  const copy = keepBeside(request, step.path, aside);
  remove(aside);
  return copy;
}
