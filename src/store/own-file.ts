import { dirname } from 'node:path';
import { AutosyncError, errorCode, errorMessage } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { userId } from '../system/environment.js';
import {
  createExclusively,
  flushFolder,
  lstatIfPresent,
  makeFolder,
  move,
  readIfPresent,
  realPath,
  remove,
} from '../system/files.js';
import { printable } from '../system/printable.js';

/** The administrator, whose files may be trusted: a system that is set up from one place owns even `config.toml`. */
const ROOT = 0;

/** Returns a file's bytes, or undefined when there is none; one that another user could have planted is refused. */
export function readOwnFile(path: AbsolutePath): Buffer | undefined {
  return orEnvironmentError('read', path, () => {
    refuseForeign(path);
    return readIfPresent(path);
  });
}

/**
 * Writes a file whole, so that it is seen old or new, for the person alone; nothing is written that stands there
 * already. Whoever writes holds a lock: the new file is made under one fixed name, so that what a process that died has
 * left of it does not stay.
 */
export function writeOwnFile(path: AbsolutePath, content: string | Uint8Array): void {
  orEnvironmentError('write', path, () => {
    if (readIfPresent(path)?.equals(typeof content === 'string' ? Buffer.from(content) : content) === true) return;
    makeFolder(dirname(path));
    const unfinished = unfinishedFile(path);
    remove(unfinished);
    try {
      if (!createExclusively(unfinished, content)) throw new Error(`'${unfinished}' came back`);
      move(unfinished, path);
    } catch (error) {
      remove(unfinished);
      throw error;
    }
    flushFolder(dirname(path));
  });
}

/** Removes a file that {@link writeOwnFile} wrote, and what may be left of writing it. */
export function removeOwnFile(path: AbsolutePath): void {
  orEnvironmentError('remove', path, () => {
    remove(unfinishedFile(path));
    remove(path);
  });
}

const unfinishedFile = (path: AbsolutePath): string => `${path}.new`;

function refuseForeign(path: AbsolutePath): void {
  if (lstatIfPresent(path) === undefined) return;
  const owner = lstatIfPresent(realPath(path))?.uid;
  const own = userId();
  if (own === undefined || owner === undefined || owner === own || owner === ROOT) return;
  throw new AutosyncError('config', `file '${printable(path)}' belongs to another user (uid ${owner})`, [
    `look at it, then remove it: rm '${printable(path)}'`,
  ]);
}

/** Runs a piece of work on files; what the system refuses is the machine's fault and says which file it was. */
export function orEnvironmentError<T>(verb: string, path: AbsolutePath, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof AutosyncError || errorCode(error) === undefined) throw error;
    throw new AutosyncError('environment', `cannot ${verb} '${printable(path)}': ${errorMessage(error)}`, [], error);
  }
}
