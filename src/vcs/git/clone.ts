import { basename, dirname, resolve } from 'node:path';
import { errorCode } from '../../model/errors.js';
import { type AbsolutePath, asAbsolute } from '../../model/paths.js';
import { workingFolder } from '../../system/environment.js';
import {
  exists,
  isFolder,
  joinPath,
  listNames,
  makeSharedFolder,
  move,
  removeEmptyFolder,
  removeTree,
} from '../../system/files.js';
import { isRunning } from '../../system/process-identity.js';
import type { CloneRequest, CloneResult } from '../vcs.js';
import { gitIn } from './command.js';
import { remoteFailure } from './remote-failure.js';

/** Half an hour: as long as bytes move, a large clone may take its time. */
const TOTAL_LIMIT_MS = 1_800_000;

/**
 * Clones a repository into a folder that is new or empty; submodules are left to the person. The clone is made beside
 * that folder and gets its name when it is whole: killed on the way, it is simply begun again. A folder that is a clone
 * of this very URL already is left as it is.
 */
export async function clone(request: CloneRequest): Promise<CloneResult> {
  const { url, folder, networkTimeoutMs, progress } = request;
  if (exists(folder) && (!isFolder(folder) || listNames(folder).length > 0)) {
    return (await isCloneOf(folder, url)) ? { kind: 'cloned' } : refused(folder);
  }
  makeSharedFolder(dirname(folder));
  removeAbandoned(folder);
  const beside = joinPath(asAbsolute(dirname(folder)), `${prefixFor(folder)}${process.pid}`);
  const result = await gitIn(asAbsolute(workingFolder())).run(['clone', '--progress', '--', url, beside], {
    timeoutMs: TOTAL_LIMIT_MS,
    idleTimeoutMs: networkTimeoutMs,
    ...(progress === undefined ? {} : { onStderr: progress }),
  });
  try {
    if (result.exitCode !== 0) return { kind: 'unavailable', ...remoteFailure(result) };
    removeEmptyFolder(folder);
    move(beside, folder);
    return { kind: 'cloned' };
  } catch (error) {
    if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') return refused(folder);
    throw error;
  } finally {
    removeTree(beside);
  }
}

const refused = (folder: AbsolutePath): CloneResult => ({
  kind: 'refused',
  why: `'${folder}' exists and is not empty`,
  hint: 'name another folder',
});

/** Tells whether a folder was cloned from a URL; git writes the path of a hub on this machine in full. */
async function isCloneOf(folder: AbsolutePath, url: string): Promise<boolean> {
  if (!exists(joinPath(folder, '.git'))) return false;
  const { stdout } = await gitIn(folder).run(['config', '--get', 'remote.origin.url']);
  const origin = stdout.toString('utf8').replace(/\n$/, '');
  return origin === url || origin === resolve(workingFolder(), url);
}

const prefixFor = (folder: AbsolutePath): string => `.${basename(folder)}.autosync-`;

/** Removes what clones of this folder left that were killed. */
function removeAbandoned(folder: AbsolutePath): void {
  const parent = asAbsolute(dirname(folder));
  const prefix = prefixFor(folder);
  for (const name of listNames(parent)) {
    const pid = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (/^\d+$/.test(pid) && !isRunning(Number(pid))) removeTree(joinPath(parent, name));
  }
}
