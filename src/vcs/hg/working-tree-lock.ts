import { errorCode } from '../../model/errors.js';
import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent, readLink, remove, symbolicLink } from '../../system/files.js';
import { isRunning, ownIdentity } from '../../system/process-identity.js';
import type { Repository } from './repository.js';

/** Returns the path of the lock that hg takes before it changes the working tree or its dirstate. */
export const workingTreeLock = ({ hgFolder }: Pick<Repository, 'hgFolder'>): AbsolutePath =>
  joinPath(hgFolder, 'wlock');

/** Returns the path of the lock that hg takes before it changes the history. */
export const storeLock = ({ sharedFolder }: Pick<Repository, 'sharedFolder'>): AbsolutePath =>
  joinPath(sharedFolder, 'store', 'lock');

/** Runs something while hg's working-tree lock is ours, so that no commit or update of the person's comes between. */
export async function withWorkingTreeLock<T>(repository: Repository, held: T, body: () => Promise<T>): Promise<T> {
  const lock = workingTreeLock(repository);
  const own = ownLocker();
  try {
    symbolicLink(own, lock);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return held;
    throw error;
  }
  try {
    return await body();
  } finally {
    if (lockerOf(lock) === own) remove(lock);
  }
}

/**
 * Names us as hg names itself: `<host>/<pid namespace, hexadecimal>:<pid>` (mercurial/lock.py). Any hg on this machine
 * then takes the lock over once we are dead.
 */
const ownLocker = (): string => `${hostPart()}:${process.pid}`;

function hostPart(): string {
  const { host } = ownIdentity();
  try {
    const space = /\d+/.exec(readLink('/proc/self/ns/pid').toString('latin1'))?.[0];
    return space === undefined ? host : `${host}/${Number(space).toString(16)}`;
  } catch {
    return host;
  }
}

/** Reads who holds a lock: a link's target, as text; undefined where nobody does. */
function lockerOf(lock: AbsolutePath): string | undefined {
  try {
    return lstatIfPresent(lock)?.isSymbolicLink() === true ? readLink(lock).toString('utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** How a lock stands: `dead` only where its owner was on this very machine and is gone. */
export function lockState(lock: AbsolutePath): 'free' | 'held' | 'dead' {
  if (lstatIfPresent(lock) === undefined) return 'free';
  const locker = lockerOf(lock);
  const prefix = `${hostPart()}:`;
  if (locker?.startsWith(prefix) !== true) return 'held';
  const pid = Number(locker.slice(prefix.length));
  return Number.isInteger(pid) && pid > 0 && !isRunning(pid) ? 'dead' : 'held';
}
