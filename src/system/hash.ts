import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fsPath } from './path-bytes.js';

const PIECE_BYTES = 1 << 20;

/** The hash functions that git and we name things with. */
export type HashAlgorithm = 'sha1' | 'sha256';

/** Returns the hash of some bytes, in hexadecimal. */
export const hashBytes = (bytes: string | Uint8Array, algorithm: HashAlgorithm): string =>
  createHash(algorithm).update(bytes).digest('hex');

/** Returns the hash of a file's bytes, in hexadecimal, without holding the file in memory. */
export function hashFile(path: string, algorithm: HashAlgorithm): string {
  return hashOpenFile(path, algorithm, () => '');
}

/** Returns the id that git gives a file's bytes as a blob: the hash of `blob <size> NUL <bytes>`. */
export function hashBlobFile(path: string, algorithm: HashAlgorithm): string {
  return hashOpenFile(path, algorithm, (size) => `blob ${size}\0`);
}

/** Returns the id that git gives some bytes as a blob. */
export const hashBlob = (bytes: Uint8Array, algorithm: HashAlgorithm): string =>
  createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

function hashOpenFile(path: string, algorithm: HashAlgorithm, head: (size: number) => string): string {
  const file = openSync(fsPath(path), 'r');
  try {
    const hash = createHash(algorithm).update(head(fstatSync(file).size));
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (let length = readSync(file, piece); length > 0; length = readSync(file, piece)) {
      hash.update(piece.subarray(0, length));
    }
    return hash.digest('hex');
  } finally {
    closeSync(file);
  }
}
