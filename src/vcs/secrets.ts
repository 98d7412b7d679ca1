import type { Stats } from 'node:fs';
import { basename } from 'node:path/posix';
import type { QuarantineReason } from '../model/change.js';
import type { AbsolutePath, RelativePath } from '../model/paths.js';
import { isAbsent, joinPath, readPiece } from '../system/files.js';

/** A key is a few kilobytes at most; nothing larger is read. */
const LARGEST_KEY = 65_536;

/** As much as a key's own header needs, and what some programs write above it. */
const LOOKED_AT = 1024;

/**
 * The first line of a private key: PEM and OpenSSH (RFC 7468, and `PROTOCOL.key` of OpenSSH), OpenPGP (RFC 4880, 6.2),
 * PuTTY (`PuTTY-User-Key-File-3: ssh-ed25519`). Public keys and certificates say something else there.
 */
const PRIVATE_KEY = /^(?:\ufeff)?(?:-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d+:)/m;

/** `.env` and `.env.production`, and what was moved aside of them; not those that are written to be shared. */
const ENVIRONMENT_FILE = /^\.env(?:\.(?!(?:example|sample|template|dist|defaults)$)[^/]+)?(?: \(conflict .*\))?$/i;

/**
 * Says why a new file is not to be shared, if so: it is one that hardly anybody means to share (a private key, a `.env`), or
 * cannot be read just now. In a moment it might be readable, and would be committed though nobody has looked.
 */
export function guardReason(
  top: AbsolutePath,
  path: RelativePath,
  stats: Stats,
): Extract<QuarantineReason, 'secret' | 'unreadable'> | undefined {
  if (!stats.isFile()) return undefined;
  if (ENVIRONMENT_FILE.test(basename(path))) return 'secret';
  if (stats.size === 0 || stats.size > LARGEST_KEY) return undefined;
  try {
    const start = readPiece(joinPath(top, path), 0, LOOKED_AT).toString('utf8');
    return PRIVATE_KEY.test(start) ? 'secret' : undefined;
  } catch (error) {
    return isAbsent(error) ? undefined : 'unreadable';
  }
}
