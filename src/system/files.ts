import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../model/errors.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { platform } from './environment.js';
import { decodePath, fsPath } from './path-bytes.js';

/** Returns what stands at a path, links not followed, or undefined when nothing does. */
export function lstatIfPresent(path: string): Stats | undefined {
  try {
    return lstatSync(fsPath(path));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The longest name that any usual file system holds: in bytes on Linux, in characters of UTF-16 elsewhere. */
const MAX_NAME = 255;

const lengthOf = (name: string): number => (platform === 'linux' ? Buffer.byteLength(fsPath(name)) : name.length);

/** Tells whether nothing can ever stand at a path, because it is too long or a name in it is. */
export function isTooLong(path: string): boolean {
  // Where the folder above is missing, the file system does not get as far as to say so.
  if (path.split('/').some((name) => lengthOf(name) > MAX_NAME)) return true;
  try {
    lstatSync(fsPath(path));
    return false;
  } catch (error) {
    return errorCode(error) === 'ENAMETOOLONG';
  }
}

/** Why it is not known what stands at a path: we may not enter a folder above it, or the disk does not say. */
export type Unseen = 'closed' | 'broken';

/**
 * What a bad disk answers, or a network's whose other end is gone. Node knows no name for some: 74 (EBADMSG), 116 (ESTALE)
 * and 117 (EUCLEAN) are Linux's numbers.
 */
const BROKEN = /^(EIO|ENOTCONN|EREMOTEIO|EHOSTDOWN|EHOSTUNREACH|ETIMEDOUT|ESTALE|Unknown system error -(74|116|117))$/;

/** Returns what stands at a path, or why that is not known. */
export function lstatIfAllowed(path: string): Stats | Unseen | undefined {
  try {
    return lstatIfPresent(path);
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'EACCES') return 'closed';
    if (BROKEN.test(code)) return 'broken';
    throw error;
  }
}

/** Tells whether an error means that there is nothing at a path. */
export function isAbsent(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Tells whether anything stands at a path, links followed. */
export const exists = (path: string): boolean => existsSync(fsPath(path));

/** Tells whether a folder stands at a path, links followed. */
export function isFolder(path: string): boolean {
  try {
    return statSync(fsPath(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Returns the device number of the file system a path lives on. */
export const deviceOf = (path: string): number => statSync(fsPath(path)).dev;

/** Returns what tells the folder at a path from another one that may come to stand there; undefined when there is none. */
export function folderIdentity(path: string): string | undefined {
  try {
    const found = statSync(fsPath(path));
    return found.isDirectory() ? `${found.dev}:${found.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/** Tells whether a path is a file that we may execute. */
export function isExecutable(path: string): boolean {
  try {
    const found = statSync(fsPath(path));
    return found.isFile() && (process.platform === 'win32' || (found.mode & 0o111) !== 0);
  } catch {
    return false;
  }
}

/** Tells whether we may read a path. */
export function isReadable(path: string): boolean {
  try {
    accessSync(fsPath(path), constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Returns a file's bytes, or undefined when there is no such file. */
export function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(fsPath(path));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Returns a file's text (UTF-8), or undefined when there is no such file. */
export const readTextIfPresent = (path: string): string | undefined => readIfPresent(path)?.toString('utf8');

/** Returns a piece of a file, shorter where the file ends. */
export function readPiece(path: string, start: number, length: number): Buffer {
  const file = openSync(fsPath(path), 'r');
  try {
    const piece = Buffer.alloc(length);
    return piece.subarray(0, readSync(file, piece, 0, length, start));
  } finally {
    closeSync(file);
  }
}

/** Returns the names in a folder, or none when there is no such folder. */
export function listNames(folder: string): string[] {
  try {
    return readdirSync(fsPath(folder), { encoding: 'buffer' }).map(decodePath);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** What a folder holds besides files and links; of one that we may not look into, only that. */
export type FolderContents = {
  readonly folders: readonly string[];
  readonly special: readonly string[];
  readonly closed: boolean;
};

/** Returns the names of the folders and of the FIFOs, sockets and devices in a folder. */
export function listUncommon(folder: string): FolderContents {
  try {
    const entries = readdirSync(fsPath(folder), { encoding: 'buffer', withFileTypes: true });
    // To be listed, a folder need not be one that may be entered.
    accessSync(fsPath(folder), constants.X_OK);
    const folders = entries.filter((entry) => entry.isDirectory());
    const special = entries.filter((entry) => !entry.isDirectory() && !entry.isFile() && !entry.isSymbolicLink());
    return {
      folders: folders.map(({ name }) => decodePath(name)),
      special: special.map(({ name }) => decodePath(name)),
      closed: false,
    };
  } catch (error) {
    if (isAbsent(error)) return { folders: [], special: [], closed: false };
    if (errorCode(error) === 'EACCES') return { folders: [], special: [], closed: true };
    throw error;
  }
}

/** Returns where a symbolic link points. */
export const readLink = (path: string): Buffer => readlinkSync(fsPath(path), 'buffer');

/** Returns a path with every symbolic link in it resolved; only the native one leaves bytes that are not UTF-8 alone. */
export const realPath = (path: string): AbsolutePath =>
  asAbsolute(decodePath(realpathSync.native(fsPath(path), 'buffer')));

/**
 * Makes a folder and those above it; a new one is the person's alone. Node could do it in one call, but then names every
 * error that it does not know, a quota's among them, ENOENT.
 */
export function makeFolder(path: string, mode = 0o700): void {
  if (makeOneFolder(path, mode)) return;
  makeFolder(dirname(path), mode);
  if (!makeOneFolder(path, mode)) throw new Error(`'${path}' cannot be made: the folder above it went away`);
}

/** Makes a folder unless it is there; returns false when the one above it is missing. */
function makeOneFolder(path: string, mode: number): boolean {
  try {
    mkdirSync(fsPath(path), { mode });
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && dirname(path) !== path) return false;
    if (errorCode(error) === 'EEXIST' && isFolder(path)) return true;
    throw error;
  }
}

/** Makes a folder and those above it with the person's own umask, for folders in a working tree. */
export function makeSharedFolder(path: string): void {
  makeFolder(path, 0o777);
}

/**
 * Writes a file so that it is seen whole, old or new, also after a power cut: a new file beside it, flushed,
 * renamed over it, and the folder flushed. Nothing is written when the bytes are there already.
 */
export function writeAtomically(path: string, content: string | Uint8Array, mode = 0o600): void {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const present = readIfPresent(path);
  if (present?.equals(bytes)) return;
  makeFolder(dirname(path));
  removeUnfinished(path);
  const beside = `${path}.${process.pid}.new`;
  const file = openSync(fsPath(beside), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    writeWhole(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fsPath(beside), fsPath(path));
  flushFolder(dirname(path));
}

/** Removes what is left of writing a file by processes that were killed; what a live one writes stays. */
function removeUnfinished(path: string): void {
  const start = `${basename(path)}.`;
  for (const name of listNames(dirname(path))) {
    const pid = name.startsWith(start) ? /^(\d+)\.new$/.exec(name.slice(start.length))?.[1] : undefined;
    if (pid === undefined || (Number(pid) !== process.pid && isAlive(Number(pid)))) continue;
    rmSync(fsPath(join(dirname(path), name)), { force: true });
  }
}

/** A look of our own: `process-identity.ts` reads files itself. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Writes all bytes: one call may write only a part. */
function writeWhole(file: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}

/** Creates a file that must not exist yet; returns false when it does. */
export const createExclusively = (path: string, content: string | Uint8Array, mode = 0o600): boolean =>
  createNew(path, content, { mode, flush: true });

/** Creates a file like {@link createExclusively}, but one that is worth nothing after a power cut and need not outlive it. */
export const createFleeting = (path: string, content: string | Uint8Array): boolean =>
  createNew(path, content, { mode: 0o600, flush: false });

function createNew(
  path: string,
  content: string | Uint8Array,
  options: { readonly mode: number; readonly flush: boolean },
): boolean {
  let file: number;
  try {
    file = openSync(fsPath(path), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, options.mode);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    writeWhole(file, typeof content === 'string' ? Buffer.from(content, 'utf8') : content);
    if (options.flush) fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return true;
}

/** Appends text to a file that is the person's alone. */
export function append(path: string, text: string): void {
  const file = openSync(fsPath(path), constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
  try {
    writeWhole(file, Buffer.from(text, 'utf8'));
  } finally {
    closeSync(file);
  }
}

/** Flushes a folder's entries to the disk, where the system can. */
export function flushFolder(folder: string): void {
  try {
    const file = openSync(fsPath(folder), 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // Windows and some network file systems cannot flush a folder; the rename has happened all the same.
  }
}

/** Flushes a file's bytes to the disk. */
export function flushFile(path: string): void {
  const file = openSync(fsPath(path), 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Moves a file or folder within one file system; whatever stood at the new name is replaced. */
export const move = (from: string, to: string): void => renameSync(fsPath(from), fsPath(to));

/** Gives a file a second name; fails with EEXIST when that name is taken. */
export const link = (from: string, to: string): void => linkSync(fsPath(from), fsPath(to));

/** Makes a symbolic link; fails with EEXIST when its name is taken. */
export const symbolicLink = (target: string, path: string): void => symlinkSync(fsPath(target), fsPath(path));

/** Copies a file's bytes. */
export const copy = (from: string, to: string): void => copyFileSync(fsPath(from), fsPath(to));

/** Removes one file, if it is there. */
export function remove(path: string): void {
  try {
    unlinkSync(fsPath(path));
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** Removes a folder of ours with all that is in it, also what a run that is just ending puts there meanwhile. */
export const removeTree = (path: string): void =>
  rmSync(fsPath(path), { force: true, recursive: true, maxRetries: 10, retryDelay: 20 });

/** Removes a folder if it is empty; returns whether it is gone. */
export function removeEmptyFolder(path: string): boolean {
  try {
    rmdirSync(fsPath(path));
    return true;
  } catch (error) {
    if (isAbsent(error)) return true;
    return false;
  }
}

/** Sets a file's permission bits. */
export const setMode = (path: string, mode: number): void => chmodSync(fsPath(path), mode);

/** Sets when a file was last changed, in milliseconds since 1970. */
export const setModifiedTime = (path: string, at: number): void => utimesSync(fsPath(path), at / 1000, at / 1000);

/** Joins parts to a path that is known to be absolute. */
export const joinPath = (base: AbsolutePath, ...parts: readonly string[]): AbsolutePath =>
  asAbsolute(join(base, ...parts));
