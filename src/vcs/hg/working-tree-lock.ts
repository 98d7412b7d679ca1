import { errorCode } from '../../model/errors.js';
import type { Blocked } from '../../model/outcome.js';
import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent, readLink, remove, symbolicLink } from '../../system/files.js';
import { printable } from '../../system/printable.js';
import { isRunning, ownIdentity } from '../../system/process-identity.js';
import { quoteShell } from '../../system/quote.js';
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

/** Ten minutes: longer than a commit, an update or a pull takes that is under way. */
const AT_WORK_MS = 600_000;

/** Where a repository keeps its locks, and what time it is. */
type Locked = Pick<Repository, 'hgFolder' | 'sharedFolder' | 'now'>;

/** Says who has held whose lock for so long that whoever waits for it may wait for ever; undefined where nobody has. */
function lasting(locked: Locked, whose: string, freedBy: (option: string) => string): string | undefined {
  const locks = [
    { lock: workingTreeLock(locked), option: '--force-free-wlock' },
    { lock: storeLock(locked), option: '--force-free-lock' },
  ];
  for (const { lock, option } of locks) {
    const stats = lstatIfPresent(lock);
    if (stats === undefined || locked.now() - stats.mtimeMs < AT_WORK_MS) continue;
    const locker = printable(lockerOf(lock) ?? 'somebody');
    return `'${locker}' (<host>:<process>) has held ${whose} lock for more than ten minutes; when it is at work no more: ${freedBy(option)}`;
  }
  return undefined;
}

/** Says that a lock here has been held for so long that whoever waits for it may wait for ever; undefined where none has. */
export function lastingLock(repository: Locked): Blocked | undefined {
  const hint = lasting(repository, "hg's", (option) => `hg debuglocks ${option}`);
  return hint === undefined ? undefined : { kind: 'damaged', hint };
}

/** Says the same of a hub that is a folder of this machine. */
export const lastingLockOfHub = (folder: AbsolutePath, hub: Locked): string | undefined =>
  lasting(hub, "the hub's", (option) => printable(`hg debuglocks ${option} -R ${quoteShell(folder)}`));
