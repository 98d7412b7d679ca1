/** One file out of a changeset. */
export type StreamedFile = { readonly path: Buffer; readonly data: Buffer };

/** The template whose output {@link fileStream} reads; `--decode` gives the bytes as they stand in a working tree. */
export const FILE_STREAM_TEMPLATE = '{path}\\0{data|count}\\0{data}';

/**
 * Reads `hg cat` with the template above from pieces of any size:
 *
 *     <path> NUL <number of bytes, decimal> NUL <bytes>
 */
export function fileStream(onFile: (file: StreamedFile) => void): (piece: Buffer) => void {
  let pieces: Buffer[] = [];
  let held = 0;
  let rest: Buffer = Buffer.alloc(0);
  let path: Buffer | undefined;
  let length: number | undefined;
  const readField = (): boolean => {
    const end = rest.indexOf(0);
    if (end < 0) return false;
    if (path === undefined) path = rest.subarray(0, end);
    else length = lengthOf(rest.subarray(0, end));
    rest = rest.subarray(end + 1);
    return true;
  };
  const readData = (name: Buffer, bytes: number): boolean => {
    if (rest.length < bytes) return false;
    onFile({ path: name, data: rest.subarray(0, bytes) });
    rest = rest.subarray(bytes);
    path = undefined;
    length = undefined;
    return true;
  };
  return (piece) => {
    pieces.push(piece);
    held += piece.length;
    // Joined only when there is enough, since one file may come in many thousand pieces.
    if (held < (length ?? 0)) return;
    rest = Buffer.concat(pieces);
    while (path === undefined || length === undefined ? readField() : readData(path, length));
    pieces = [rest];
    held = rest.length;
  };
}

function lengthOf(digits: Buffer): number {
  const text = digits.toString('latin1');
  if (!/^\d+$/.test(text)) throw new Error('hg cat answered a record without a length');
  return Number(text);
}
