import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AbsolutePath, asAbsolute } from '../../model/paths.js';
import { exists, isFolder, lstatIfPresent, realPath, remove } from '../../system/files.js';
import { printable } from '../../system/printable.js';
import { isGitWorkingIn } from './at-work.js';
import { lockIn } from './index-lock.js';
import type { Repository } from './repository.js';

/** Ten minutes: git holds a ref's lock for the blink of an eye, so one so old was left by a git that died. */
const STALE_LOCK_MS = 600_000;

/** What it takes to find a hub that is a folder, and to judge how old a lock in it is. */
type HubFinder = Pick<Repository, 'git' | 'top' | 'now'>;

/** Says what is in the way and how to mend it at once. */
export const hubLockWords = (lock: string): string =>
  `the lock '${printable(lock)}' is held there, or was left by a git that died; if no git is at work: rm '${printable(lock)}'`;

/**
 * Removes a lock from a hub that is a folder of this machine (a disk, a network drive), when it is so old that nobody
 * can hold it. The words that name it came from the hub: a lock that does not lie in the hub itself is not touched.
 */
export async function removeStaleHubLock(repository: HubFinder, remote: string, words: string): Promise<boolean> {
  const lock = lockIn(words);
  if (lock === undefined) return false;
  const hub = await hubFolder(repository, remote);
  const stats = lstatIfPresent(lock);
  if (hub === undefined || stats?.isFile() !== true) return false;
  const folder = realPath(dirname(lock));
  if (folder !== hub && !folder.startsWith(`${hub}/`)) return false;
  if (repository.now() - stats.mtimeMs < STALE_LOCK_MS || isGitWorkingIn(hub)) return false;
  remove(lock);
  return true;
}

/** Returns the hub's git folder if it is one of this machine. */
async function hubFolder(repository: HubFinder, remote: string): Promise<AbsolutePath | undefined> {
  const asked = await repository.git.run(['remote', 'get-url', '--', remote]);
  const url = asked.exitCode === 0 ? asked.stdout.toString('utf8').replace(/\n$/, '') : remote;
  const path = localPath(url);
  if (path === undefined) return undefined;
  const top = resolve(repository.top, path);
  const found = [`${top}/.git`, top, `${top}.git`].find((folder) => isFolder(folder) && exists(`${folder}/HEAD`));
  return found === undefined ? undefined : realPath(asAbsolute(found));
}

/** Git takes a URL for a path when it has no scheme, and no colon before its first slash. */
function localPath(url: string): string | undefined {
  if (url.startsWith('file://')) return fileURLToPath(url);
  return /^[^/]*:/.test(url) ? undefined : url;
}
