import { randomBytes } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { AutosyncError, errorCode } from '../model/errors.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { type Clock, systemClock } from '../system/clock.js';
import {
  createFleeting,
  isFolder,
  joinPath,
  link,
  listNames,
  lstatIfPresent,
  makeFolder,
  readIfPresent,
  remove,
} from '../system/files.js';
import { hashBytes } from '../system/hash.js';
import { printable } from '../system/printable.js';
import { livenessOf, ownIdentity, type ProcessIdentity } from '../system/process-identity.js';
import { parseRecord } from './json.js';
import { orEnvironmentError } from './own-file.js';

/** A lock that we hold. */
export type Lock = {
  readonly path: AbsolutePath;
  /** Gives it up; once somebody else has taken it over, it is left to him. */
  readonly release: () => void;
};

/** Who got the lock: we, or (since when, in milliseconds since 1970) somebody else, unknown if his file is damaged. */
export type LockResult =
  | { readonly kind: 'acquired'; readonly lock: Lock }
  | { readonly kind: 'held'; readonly owner: ProcessIdentity | undefined; readonly since: number };

/** A lock file without a readable owner, as a power cut leaves it, might still be in the making for so long. */
const NAMELESS_MS = 60_000;

/** Whether an owner on another host lives cannot be known; restic's rule is to wait for so long. */
const ELSEWHERE_MS = 30 * 60_000;

/** Each try means that somebody was faster; so many in a row mean that the lock is in use. */
const TRIES = 10;

/** A process that died while it took over a dead lock leaves a dead guard: so many may lie on each other. */
const MAX_GUARDS = 4;

/**
 * What `link` answers where there are no hard links: FAT, some network and container file systems, Android (EACCES).
 */
const NO_LINKS: readonly (string | undefined)[] = [
  'EPERM',
  'EACCES',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EXDEV',
];

/**
 * Takes a lock, or says at once who holds it. The lock is a file that holds its owner's identity; it appears whole
 * (written beside and linked into place). One whose owner is provably dead is taken over. Errors are of the kind
 * `environment`.
 */
export function acquireLock(path: AbsolutePath, clock: Clock = systemClock): LockResult {
  return orEnvironmentError('lock', path, () => {
    if (!isFolder(dirname(dirname(path)))) throw missingFolder(path);
    makeFolder(dirname(path));
    const result = acquire(path, clock, 0);
    if (result.kind === 'held') return result;
    try {
      sweep(path, clock);
      return result;
    } catch (error) {
      result.lock.release();
      throw error;
    }
  });
}

/** Tells whether somebody who may live holds a lock; nothing is touched. */
export function isHeld(path: AbsolutePath, clock: Clock = systemClock): boolean {
  return orEnvironmentError('lock', path, () => {
    const found = look(path);
    return found !== undefined && !isDead(found, clock);
  });
}

/** Removes the locks of dead processes from a folder, where nobody may come again who would take them over. */
export function removeDeadLocks(folder: AbsolutePath, clock: Clock = systemClock): void {
  const locks = listNames(folder).filter((name) => name.endsWith('.lock'));
  for (const path of locks.map((name) => joinPath(folder, name))) {
    if (isHeld(path, clock)) continue;
    const result = acquireLock(path, clock);
    if (result.kind === 'acquired') result.lock.release();
  }
}

const missingFolder = (path: AbsolutePath): AutosyncError =>
  new AutosyncError('environment', `folder '${printable(dirname(dirname(path)))}' is missing`);

function acquire(path: AbsolutePath, clock: Clock, guards: number): LockResult {
  const token = randomBytes(8).toString('hex');
  const content = Buffer.from(`${JSON.stringify({ ...ownIdentity(), token })}\n`);
  for (let tries = 0; tries < TRIES && guards < MAX_GUARDS; tries += 1) {
    const found = look(path);
    if (found === undefined) {
      if (claim(path, token, content)) return { kind: 'acquired', lock: ownLock(path, content) };
      continue;
    }
    if (!isDead(found, clock)) return { kind: 'held', owner: found.owner, since: found.since };
    const guard = acquire(guardOf(path, found), clock, guards + 1);
    if (guard.kind === 'held') return guard;
    try {
      bury(path, found);
    } finally {
      guard.lock.release();
    }
  }
  return { kind: 'held', owner: undefined, since: clock.now() };
}

/**
 * Two processes may judge the same lock dead, and the slower one must not remove what the faster one has put in its
 * place. So a dead lock is removed only under a lock made for it alone, named after it, and only if it still stands
 * there.
 */
const guardOf = (path: AbsolutePath, dead: FoundLock): AbsolutePath => asAbsolute(`${path}.${dead.fingerprint}`);

function bury(path: AbsolutePath, dead: FoundLock): void {
  if (look(path)?.fingerprint === dead.fingerprint) remove(path);
}

/** Puts our lock in place if there is none; the file itself says whether it worked. */
function claim(path: AbsolutePath, token: string, content: Buffer): boolean {
  const beside = `${path}.${token}.new`;
  try {
    createFleeting(beside, content);
    link(beside, path);
  } catch (error) {
    if (NO_LINKS.includes(errorCode(error))) createFleeting(path, content);
    else if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    remove(beside);
  }
  // Over NFS `link` can succeed and answer EEXIST, and a lock made slowly can have been taken for a dead one.
  return readIfPresent(path)?.equals(content) === true;
}

function ownLock(path: AbsolutePath, content: Buffer): Lock {
  const release = (): void => {
    try {
      if (readIfPresent(path)?.equals(content) === true) remove(path);
    } catch {
      // Our own end frees it as well, and what the lock was held for must not fail after it has been done.
    }
  };
  return { path, release };
}

/** A lock file as it was found; the fingerprint is its own: no other one, earlier or later, has the same. */
type FoundLock = {
  readonly owner: ProcessIdentity | undefined;
  readonly since: number;
  readonly fingerprint: string;
};

function look(path: AbsolutePath): FoundLock | undefined {
  const stat = lstatIfPresent(path);
  if (stat === undefined) return undefined;
  if (!stat.isFile()) throw new AutosyncError('environment', `'${printable(path)}' stands where a lock file belongs`);
  const content = readIfPresent(path);
  if (content === undefined) return undefined;
  const file = Buffer.from(`${stat.ino} ${stat.mtimeMs} `);
  const fingerprint = hashBytes(Buffer.concat([file, content]), 'sha256').slice(0, 16);
  return { owner: parseOwner(content.toString('utf8')), since: stat.mtimeMs, fingerprint };
}

/** Grammar: one JSON object with the members of {@link ProcessIdentity} and a token; undefined for anything else. */
function parseOwner(text: string): ProcessIdentity | undefined {
  const { host, pid, started, boot, machine, namespace } = parseRecord(text) ?? {};
  if (typeof host !== 'string' || typeof started !== 'string' || typeof boot !== 'string') return undefined;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return undefined;
  const known = { host, pid, started, boot };
  return typeof machine === 'string' && typeof namespace === 'string' ? { ...known, machine, namespace } : known;
}

function isDead(found: FoundLock, clock: Clock): boolean {
  // A time to come is as far from now as a time past: the clock has been set back since.
  const age = Math.abs(clock.now() - found.since);
  if (found.owner === undefined) return age > NAMELESS_MS;
  const liveness = livenessOf(found.owner);
  return liveness === 'elsewhere' ? age > ELSEWHERE_MS : liveness === 'dead';
}

/** Removes what dead processes left beside a lock that we hold: guards, and files that were to be linked. */
function sweep(path: AbsolutePath, clock: Clock): void {
  const folder = asAbsolute(dirname(path));
  for (const name of listNames(folder)) {
    if (!name.startsWith(`${basename(path)}.`) || !LEFT_BESIDE.test(name.slice(basename(path).length))) continue;
    const left = joinPath(folder, name);
    const found = look(left);
    if (found !== undefined && isDead(found, clock)) remove(left);
  }
}

/** What may follow the name of a lock: the fingerprints of guards, and the token of a file that was to be linked. */
const LEFT_BESIDE = /^(\.[0-9a-f]{16})+(\.new)?$/;

/**
 * Does a piece of work under a lock, for which it waits a limited time; a lock still held then is an error of the
 * kind `locked`. The lock is free again when the work has ended, however it ended.
 */
export async function withLock<T>(
  path: AbsolutePath,
  options: { readonly waitMs: number; readonly clock?: Clock },
  work: () => T | Promise<T>,
): Promise<T> {
  const lock = await waitForLock(path, options.waitMs, options.clock ?? systemClock);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

async function waitForLock(path: AbsolutePath, waitMs: number, clock: Clock): Promise<Lock> {
  const end = clock.monotonic() + waitMs;
  for (;;) {
    const result = acquireLock(path, clock);
    if (result.kind === 'acquired') return result.lock;
    if (clock.monotonic() >= end) throw stillHeld(path, result.owner);
    await clock.sleep(10 + Math.random() * 30);
  }
}

function stillHeld(path: AbsolutePath, owner: ProcessIdentity | undefined): AutosyncError {
  const whose = owner === undefined ? 'an unknown process' : `process ${owner.pid} on ${printable(owner.host)}`;
  return new AutosyncError('locked', `'${printable(path)}' is held by ${whose}`, ['try again when it has ended']);
}
