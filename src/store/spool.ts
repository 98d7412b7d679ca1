import { basename, dirname, isAbsolute } from 'node:path';
import { errorCode } from '../model/errors.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { systemClock } from '../system/clock.js';
import { userId } from '../system/environment.js';
import {
  createExclusively,
  isAbsent,
  joinPath,
  listNames,
  lstatIfPresent,
  makeFolder,
  move,
  readIfPresent,
  remove,
  removeEmptyFolder,
} from '../system/files.js';
import { decodePath, encodePath } from '../system/path-bytes.js';
import { isRunning, livenessOf, ownIdentity } from '../system/process-identity.js';
import type { Locations } from './locations.js';
import { orEnvironmentError } from './own-file.js';

/** Something happened in a folder: the repository around it is due. */
export type SpoolRequest = {
  readonly file: AbsolutePath;
  /** What happened: a hook's name, `poke`, … */
  readonly event: string;
  /** The folder where it happened, or a file in it; not yet known to be in a repository of ours. */
  readonly path: AbsolutePath;
  /** Milliseconds since 1970. */
  readonly at: number;
};

/**
 * A request is a file `<seconds since 1970>-<pid of the writer>[-<n>].request`, and before it is whole
 * `.<seconds>-<pid>[-<n>]`. The first line is the event, all the rest, newlines too, is the path.
 * The launcher, a shell script, writes the same.
 */
const WHOLE = /^\d+-\d+(-\d+)?\.request$/;
const UNFINISHED = /^\.\d+-(\d+)(-\d+)?$/;
const EVENT = /^[a-z][a-z-]*$/;
const MAX_BYTES = 64 * 1024;

/** A run's own folder in the spool: `taken-<pid>-<start>`, so that another run can tell whether its owner lives. */
const TAKEN = /^taken-(\d{1,9})-(\d*)$/;

/** Precedes the name of a request over which a run died: it is tried once more, and then no more. */
const AGAIN = 'again-';

/** Part of a request's name: one that was taken and not finished still has its name, though it is free here. */
let requestCount = 0;

const DAY_MS = 24 * 60 * 60 * 1000;

/** The lock of the process that serves the spool. */
export const spoolLock = ({ state }: Pick<Locations, 'state'>): AbsolutePath => joinPath(state, 'spool.lock');

/** Returns the requests that wait, oldest first; what is not a request of this user's is passed over. */
export function readSpool(folder: AbsolutePath): readonly SpoolRequest[] {
  return orEnvironmentError('read', folder, () => waitingRequests(folder).sort(byAge));
}

/** Leaves a request, seen whole or not at all. */
export function putRequest(folder: AbsolutePath, request: Pick<SpoolRequest, 'event' | 'path'>): void {
  if (!EVENT.test(request.event)) throw new Error(`'${request.event}' is not an event`);
  const content = Buffer.concat([Buffer.from(`${request.event}\n`), encodePath(request.path)]);
  orEnvironmentError('write', folder, () => {
    makeFolder(folder);
    const stem = `${Math.floor(systemClock.now() / 1000)}-${process.pid}`;
    let name: string;
    do {
      requestCount += 1;
      name = `${stem}-${requestCount}`;
    } while (!createExclusively(joinPath(folder, `.${name}`), content) || !finish(folder, name));
  });
}

/** Gives a whole request its name; false if another container, which does not see our process, took it for abandoned. */
function finish(folder: AbsolutePath, name: string): boolean {
  try {
    move(joinPath(folder, `.${name}`), joinPath(folder, `${name}.request`));
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/**
 * Takes the requests that wait, for this run alone, with those of runs that died over theirs, oldest first. Whoever
 * takes them does the work and then calls {@link finishRequests}. Broken ones are thrown away when they are a day old,
 * unfinished ones as soon as their writer is gone.
 */
export function takeRequests(folder: AbsolutePath): readonly SpoolRequest[] {
  return orEnvironmentError('read', folder, () => {
    const own = ownFolder(folder);
    const taken = waitingRequests(folder).flatMap((request) => take(request, joinPath(own, basename(request.file))));
    const again = abandonedFolders(folder).flatMap((abandoned) => takeOver(abandoned, own));
    throwAwayBroken(folder);
    return [...taken, ...again].sort(byAge);
  });
}

/** Forgets requests that were taken, after their work is done. */
export function finishRequests(requests: readonly SpoolRequest[]): void {
  for (const { file } of requests) orEnvironmentError('remove', file, () => remove(file));
  for (const folder of new Set(requests.map(({ file }) => dirname(file)))) removeEmptyFolder(folder);
}

const byAge = (one: SpoolRequest, other: SpoolRequest): number => one.at - other.at || (one.file < other.file ? -1 : 1);

const waitingRequests = (folder: AbsolutePath): SpoolRequest[] =>
  listNames(folder)
    .filter((name) => WHOLE.test(name))
    .flatMap((name) => readRequest(joinPath(folder, name)));

/** Reads one request; none if the file is not a plain one, not this user's, or does not hold one. */
function readRequest(file: AbsolutePath): readonly SpoolRequest[] {
  const found = lstatIfPresent(file);
  if (found === undefined || !found.isFile() || found.size > MAX_BYTES) return [];
  if (userId() !== undefined && found.uid !== userId()) return [];
  const content = decodePath(readReadable(file));
  const newline = content.indexOf('\n');
  const event = content.slice(0, Math.max(newline, 0));
  const path = content.slice(newline + 1);
  if (!EVENT.test(event) || !isAbsolute(path) || path.includes('\0')) return [];
  return [{ file, event, path: asAbsolute(path), at: found.mtimeMs }];
}

function readReadable(file: AbsolutePath): Uint8Array {
  try {
    return readIfPresent(file) ?? Buffer.alloc(0);
  } catch (error) {
    if (errorCode(error) === 'EACCES') return Buffer.alloc(0);
    throw error;
  }
}

function ownFolder(folder: AbsolutePath): AbsolutePath {
  const { pid, started } = ownIdentity();
  return joinPath(folder, `taken-${pid}-${started}`);
}

/** Moves a request to a name that only this run uses; of several runs that try, one gets it. */
function take(request: SpoolRequest, to: AbsolutePath): readonly SpoolRequest[] {
  makeFolder(dirname(to));
  try {
    move(request.file, to);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
  return [{ ...request, file: to }];
}

function abandonedFolders(folder: AbsolutePath): readonly AbsolutePath[] {
  const self = ownIdentity();
  return listNames(folder).flatMap((name) => {
    const [, pid, started] = TAKEN.exec(name) ?? [];
    if (pid === undefined || started === undefined) return [];
    const path = joinPath(folder, name);
    if (lstatIfPresent(path)?.isDirectory() !== true) return [];
    return livenessOf({ ...self, pid: Number(pid), started }) === 'dead' ? [path] : [];
  });
}

/** Takes the requests of a run that died; those over which two runs died are not worth a third. */
function takeOver(abandoned: AbsolutePath, own: AbsolutePath): readonly SpoolRequest[] {
  const taken = listNames(abandoned).flatMap((name) => {
    const file = joinPath(abandoned, name);
    const request = WHOLE.test(name) ? readRequest(file) : [];
    if (request.length === 0) throwAway(file);
    return request.flatMap((found) => take(found, joinPath(own, AGAIN + name)));
  });
  removeEmptyFolder(abandoned);
  return taken;
}

function throwAwayBroken(folder: AbsolutePath): void {
  const limit = systemClock.now() - DAY_MS;
  for (const name of listNames(folder)) {
    const file = joinPath(folder, name);
    const writer = UNFINISHED.exec(name)?.[1];
    const ours = WHOLE.test(name) || writer !== undefined;
    const isOld = (lstatIfPresent(file)?.mtimeMs ?? limit) < limit;
    if (ours && (isOld || (writer !== undefined && !isRunning(Number(writer))))) throwAway(file);
  }
}

/** Removes a file of ours; a folder that somebody has put there stays. */
function throwAway(file: AbsolutePath): void {
  if (lstatIfPresent(file)?.isDirectory() === false) remove(file);
}
