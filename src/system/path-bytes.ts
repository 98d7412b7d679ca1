import { isUtf8 } from 'node:buffer';

/** Matches a byte that was not UTF-8, as {@link decodePath} carries it. */
const ESCAPED_BYTE = /[\udc80-\udcff]/u;

/**
 * Turns a path's bytes into a string from which {@link encodePath} gets the same bytes back.
 * A byte outside UTF-8 becomes U+DC00 plus its value (PEP 383); Node alone would make U+FFFD of it and lose the name.
 */
export function decodePath(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let text = '';
  let at = 0;
  while (at < buffer.length) {
    const length = characterLength(buffer, at);
    text += length === 0 ? String.fromCharCode(0xdc00 + (buffer[at] ?? 0)) : buffer.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return text;
}

/** Returns how many bytes the UTF-8 character at an offset takes, or 0 when there is none. */
function characterLength(buffer: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= buffer.length; length += 1) {
    if (isUtf8(buffer.subarray(at, at + length))) return length;
  }
  return 0;
}

/** Returns a path's bytes; the reverse of {@link decodePath}. */
export function encodePath(path: string): Buffer {
  if (!ESCAPED_BYTE.test(path)) return Buffer.from(path, 'utf8');
  const parts: Buffer[] = [];
  for (const character of path) {
    const unit = character.charCodeAt(0);
    const escaped = character.length === 1 && unit >= 0xdc80 && unit <= 0xdcff;
    parts.push(escaped ? Buffer.from([unit - 0xdc00]) : Buffer.from(character, 'utf8'));
  }
  return Buffer.concat(parts);
}

/** Returns a path in the form that `node:fs` takes: a string where that is exact, else its bytes. */
export const fsPath = (path: string): string | Buffer => (ESCAPED_BYTE.test(path) ? encodePath(path) : path);

/** Tells whether a name has bytes that are not UTF-8. */
export const isForeignName = (path: string): boolean => ESCAPED_BYTE.test(path);

/** Puts something else in the place of each byte that is not UTF-8. */
export const replaceForeignBytes = (path: string, by: string): string =>
  path.replaceAll(new RegExp(ESCAPED_BYTE, 'gu'), by);

/** Splits NUL-terminated output into paths. */
export function splitPaths(output: Uint8Array): string[] {
  const paths: string[] = [];
  let start = 0;
  for (let end = output.indexOf(0); end >= 0; end = output.indexOf(0, start)) {
    paths.push(decodePath(output.subarray(start, end)));
    start = end + 1;
  }
  if (start < output.length) paths.push(decodePath(output.subarray(start)));
  return paths;
}

/** Joins paths to NUL-terminated input. */
export const joinPaths = (paths: readonly string[]): Buffer =>
  Buffer.concat(paths.flatMap((path) => [encodePath(path), Buffer.from([0])]));
