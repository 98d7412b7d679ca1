import { errorCode } from '../../model/errors.js';
import type { AbsolutePath } from '../../model/paths.js';
import { createExclusively, joinPath, link, readTextIfPresent, remove, writeAtomically } from '../../system/files.js';
import { printable } from '../../system/printable.js';
import { livenessOf, ownIdentity, type ProcessIdentity } from '../../system/process-identity.js';
import type { Repository } from './repository.js';

const OURS = 'autosync ';

/** What git says when it finds a lock of its own. */
const LOCKED = /Unable to create '([^'\n]+\.lock)': File exists/;

/** Returns the path of the lock that git's words say is in the way. */
export const lockIn = (words: string): string | undefined => LOCKED.exec(words)?.[1];

/** Says which lock is in the way and how to mend it, should it be a dead git's. */
export const heldLockWords = (lock: string): string =>
  `git is at work here and holds '${printable(lock)}'; if none is: rm '${printable(lock)}'`;

/** Returns the path of the lock that git itself takes before it changes the index or HEAD. */
export const indexLockFile = (repository: Pick<Repository, 'indexFile'>): AbsolutePath =>
  `${repository.indexFile}.lock` as AbsolutePath;

/**
 * Takes git's index lock, so that no `git add`, `commit` or `switch` of the person's comes between; returns false when
 * somebody holds it. The lock says whose it is from its first moment: it is written elsewhere and linked into place.
 */
export function takeIndexLock(repository: Repository): boolean {
  const lock = indexLockFile(repository);
  const text = `${OURS}${JSON.stringify(ownIdentity())}\n`;
  const beside = joinPath(repository.privateFolder, `lock.${process.pid}`);
  writeAtomically(beside, text);
  try {
    link(beside, lock);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    // Some file systems refuse hard links; the lock is then created empty and filled.
    return createExclusively(lock, text);
  } finally {
    remove(beside);
  }
}

/** Gives the lock back, if it is ours. */
export function releaseIndexLock(repository: Repository): void {
  const owner = lockOwner(indexLockFile(repository));
  if (owner !== undefined && owner.pid === process.pid) remove(indexLockFile(repository));
}

/** Returns which run of ours wrote a lock file; undefined for git's own. */
function lockOwner(lock: AbsolutePath): ProcessIdentity | undefined {
  const text = readTextIfPresent(lock);
  if (text === undefined || !text.startsWith(OURS)) return undefined;
  try {
    const owner: unknown = JSON.parse(text.slice(OURS.length));
    return isIdentity(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** Tells whether a lock was left by a run of ours that has died. */
export function isDeadLockOfOurs(lock: AbsolutePath): boolean {
  const owner = lockOwner(lock);
  return owner !== undefined && livenessOf(owner) === 'dead';
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'host' in value &&
    typeof value.host === 'string' &&
    'started' in value &&
    typeof value.started === 'string' &&
    'boot' in value &&
    typeof value.boot === 'string'
  );
}
