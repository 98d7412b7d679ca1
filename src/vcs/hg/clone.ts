import { resolve } from 'node:path';
import { type AbsolutePath, asAbsolute, asRelative, type RelativePath } from '../../model/paths.js';
import { workingFolder } from '../../system/environment.js';
import { exists, joinPath } from '../../system/files.js';
import { splitPaths } from '../../system/path-bytes.js';
import { cloneBeside } from '../clone-beside.js';
import type { CloneRequest, CloneResult } from '../vcs.js';
import { hgIn } from './command.js';
import { network } from './network.js';
import { quietly } from './progress.js';
import { remoteFailure } from './remote-failure.js';

/** Where no repository's own settings apply to one that is only just being made. */
const NOWHERE = asAbsolute('/');

/** Clones a repository into a folder that is new or empty; subrepositories are left to the person. */
export async function clone(request: CloneRequest): Promise<CloneResult> {
  const { folder } = request;
  const url = fullUrl(request.url);
  return await cloneBeside(folder, {
    isThere: () => isCloneOf(folder, url),
    into: (place) => cloneInto(place, { ...request, url }),
    pathsOf,
  });
}

/** A path is given from where the person stands. */
function fullUrl(url: string): string {
  const path = resolve(workingFolder(), url);
  return exists(path) ? path : url;
}

async function cloneInto(folder: AbsolutePath, request: CloneRequest): Promise<CloneResult> {
  const { url, networkTimeoutMs, revision, progress } = request;
  const hg = hgIn(NOWHERE);
  try {
    const { args, options } = await network({ hg, timeoutMs: networkTimeoutMs, progress });
    const tree = [
      '--config',
      `autosync.tree=${folder}`,
      ...(revision === undefined ? [] : [`--updaterev=${revision}`]),
    ];
    const result = await hg.run(['clone', ...quietly(progress), ...tree, ...args, '--', url, folder], options);
    if (result.exitCode === 0) return { kind: 'cloned' };
    if (/subrepos? (are )?not (enabled|allowed)/.test(result.stderr)) {
      return { kind: 'refused', why: 'it has subrepositories', hint: `hg clone '${url}' by hand` };
    }
    return { kind: 'unavailable', ...remoteFailure(result) };
  } finally {
    hg.end();
  }
}

/** Reads `hg files`: `<path> NUL`; exit code 1 says that there is none. */
async function pathsOf(folder: AbsolutePath): Promise<readonly RelativePath[]> {
  const hg = hgIn(folder);
  try {
    const { stdout } = await hg.run(['files', '-T', '{path}\\0']);
    return splitPaths(stdout).map(asRelative);
  } finally {
    hg.end();
  }
}

/** Tells whether a folder was cloned from a URL. */
async function isCloneOf(folder: AbsolutePath, url: string): Promise<boolean> {
  if (!exists(joinPath(folder, '.hg'))) return false;
  const hg = hgIn(folder);
  try {
    const { stdout } = await hg.run(['config', '-T', '{value}', 'paths.default']);
    return stdout.toString('utf8') === url;
  } finally {
    hg.end();
  }
}
