import { asAbsolute } from '../../model/paths.js';
import { workingFolder } from '../../system/environment.js';
import { isFolder, listNames } from '../../system/files.js';
import type { CloneRequest, CloneResult } from '../vcs.js';
import { gitIn } from './command.js';
import { remoteFailure } from './remote-failure.js';

/** Half an hour: as long as bytes move, a large clone may take its time. */
const TOTAL_LIMIT_MS = 1_800_000;

/** Clones a repository into a folder that is new or empty; submodules are left to the person. */
export async function clone(request: CloneRequest): Promise<CloneResult> {
  const { url, folder, networkTimeoutMs, progress } = request;
  if (isFolder(folder) && listNames(folder).length > 0) {
    return { kind: 'refused', why: `'${folder}' exists and is not empty`, hint: 'name another folder' };
  }
  const result = await gitIn(asAbsolute(workingFolder())).run(['clone', '--progress', '--', url, folder], {
    timeoutMs: TOTAL_LIMIT_MS,
    idleTimeoutMs: networkTimeoutMs,
    ...(progress === undefined ? {} : { onStderr: progress }),
  });
  return result.exitCode === 0 ? { kind: 'cloned' } : { kind: 'unavailable', ...remoteFailure(result) };
}
