import { asAbsolute } from '../../model/paths.js';
import { workingFolder } from '../../system/environment.js';
import { isFolder, listNames } from '../../system/files.js';
import type { CloneRequest, CloneResult } from '../vcs.js';
import { hgIn } from './command.js';
import { network } from './network.js';
import { remoteFailure } from './remote-failure.js';

/** Clones a repository into a folder that is new or empty; subrepositories are left to the person. */
export async function clone(request: CloneRequest): Promise<CloneResult> {
  const { url, folder, networkTimeoutMs, progress } = request;
  if (isFolder(folder) && listNames(folder).length > 0) {
    return { kind: 'refused', why: `'${folder}' exists and is not empty`, hint: 'name another folder' };
  }
  const hg = hgIn(asAbsolute(workingFolder()));
  try {
    const { args, options } = await network({ hg, timeoutMs: networkTimeoutMs, progress });
    const result = await hg.run(['clone', '-q', ...args, '--', url, folder], options);
    if (result.exitCode === 0) return { kind: 'cloned' };
    if (/subrepos? (are )?not (enabled|allowed)/.test(result.stderr)) {
      return { kind: 'refused', why: 'it has subrepositories', hint: `hg clone '${url}' by hand` };
    }
    return { kind: 'unavailable', ...remoteFailure(result) };
  } finally {
    hg.end();
  }
}
