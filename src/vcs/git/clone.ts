import { resolve } from 'node:path';
import { type AbsolutePath, asAbsolute, asRelative, type RelativePath } from '../../model/paths.js';
import { workingFolder } from '../../system/environment.js';
import { exists, joinPath } from '../../system/files.js';
import { splitPaths } from '../../system/path-bytes.js';
import { cloneBeside } from '../clone-beside.js';
import { TRANSFER_LIMIT_MS } from '../transfer-limit.js';
import type { CloneRequest, CloneResult } from '../vcs.js';
import { gitIn } from './command.js';
import { remoteFailure } from './remote-failure.js';

/** Clones a repository into a folder that is new or empty; submodules are left to the person. */
export async function clone(request: CloneRequest): Promise<CloneResult> {
  const { url, folder } = request;
  return await cloneBeside(folder, {
    isThere: () => isCloneOf(folder, url),
    into: (place) => cloneInto(place, request),
    pathsOf,
  });
}

async function cloneInto(folder: AbsolutePath, request: CloneRequest): Promise<CloneResult> {
  const { url, networkTimeoutMs, progress } = request;
  const result = await gitIn(asAbsolute(workingFolder())).run(['clone', '--progress', '--', url, folder], {
    timeoutMs: TRANSFER_LIMIT_MS,
    idleTimeoutMs: networkTimeoutMs,
    ...(progress === undefined ? {} : { onStderr: progress }),
  });
  return result.exitCode === 0 ? { kind: 'cloned' } : { kind: 'unavailable', ...remoteFailure(result) };
}

/** Lists what HEAD holds; nothing where the hub has no commit yet. */
async function pathsOf(folder: AbsolutePath): Promise<readonly RelativePath[]> {
  const { stdout } = await gitIn(folder).run(['ls-tree', '-r', '-z', '--name-only', 'HEAD']);
  return splitPaths(stdout).map(asRelative);
}

/** Tells whether a folder was cloned from a URL; git writes the path of a hub on this machine in full. */
async function isCloneOf(folder: AbsolutePath, url: string): Promise<boolean> {
  if (!exists(joinPath(folder, '.git'))) return false;
  const { stdout } = await gitIn(folder).run(['config', '--get', 'remote.origin.url']);
  const origin = stdout.toString('utf8').replace(/\n$/, '');
  return origin === url || origin === resolve(workingFolder(), url);
}
