/**
 * One piece of what a command server says: `o` output, `e` errors, `r` the exit code, `I` and `L` a wish for input,
 * whose bytes are a limit and not data.
 */
export type Piece = { readonly channel: string; readonly bytes: Buffer };

const HEADER_BYTES = 5;

/**
 * Reads the frames of `hg serve --cmdserver pipe` from pieces of any size (hg help internals.wireprotocol knows them
 * as the command server's channels):
 *
 *     <channel: 1 byte> <length: uint32, big-endian> <length bytes of data, none on I and L>
 *
 * Data is handed on as it comes, since one frame may hold a whole file; `r` alone is always whole.
 */
export function frameReader(onPiece: (piece: Piece) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let channel = '';
  let left = 0;
  const readHeader = (): boolean => {
    if (rest.length < HEADER_BYTES) return false;
    channel = rest.toString('latin1', 0, 1);
    const length = rest.subarray(1, HEADER_BYTES);
    rest = rest.subarray(HEADER_BYTES);
    if (channel === 'I' || channel === 'L') onPiece({ channel, bytes: length });
    else left = length.readUInt32BE(0);
    return true;
  };
  const readData = (): boolean => {
    if (rest.length === 0 || (channel === 'r' && rest.length < left)) return false;
    const bytes = rest.subarray(0, left);
    left -= bytes.length;
    rest = rest.subarray(bytes.length);
    onPiece({ channel, bytes });
    return true;
  };
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (left === 0 ? readHeader() : readData());
  };
}

/** Returns the bytes that ask a command server to run a command. */
export function commandFrame(args: readonly Uint8Array[]): Buffer {
  const zero = Buffer.from([0]);
  const joined = Buffer.concat(args.flatMap((arg, at) => (at === 0 ? [arg] : [zero, arg])));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(joined.length);
  return Buffer.concat([Buffer.from('runcommand\n'), length, joined]);
}

/** The answer to a wish for input: there is none. */
export const NO_INPUT: Buffer = Buffer.alloc(4);
