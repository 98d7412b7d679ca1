import { encodePath } from '../../system/path-bytes.js';

/** What hg knows of its working tree: the parents, and one record for each file. */
export type Dirstate = {
  readonly first: string;
  readonly second: string;
  /** The records as they stand in the file, by the bytes of their path (latin1). */
  readonly records: ReadonlyMap<string, Buffer>;
};

const ID_BYTES = 20;
const PARENT_BYTES = 2 * ID_BYTES;
const RECORD_BYTES = 17;

/**
 * Reads a dirstate of the first form, all of it big-endian (hg help internals.dirstate, mercurial/pure/parsers.py):
 *
 *     <first parent: 20 bytes> <second parent: 20 bytes> record*
 *     record = <state: n, a, r or m> <mode: int32> <size: int32> <mtime: int32> <length: int32> <path>[NUL <copied from>]
 *
 * Returns undefined where the bytes are anything else.
 */
export function parseDirstate(bytes: Buffer): Dirstate | undefined {
  if (bytes.length < PARENT_BYTES) return undefined;
  const records = new Map<string, Buffer>();
  for (let at = PARENT_BYTES; at < bytes.length; ) {
    if (at + RECORD_BYTES > bytes.length || !'narm'.includes(bytes.toString('latin1', at, at + 1))) return undefined;
    const end = at + RECORD_BYTES + bytes.readUInt32BE(at + RECORD_BYTES - 4);
    if (end > bytes.length) return undefined;
    const record = bytes.subarray(at, end);
    const [path = ''] = record.toString('latin1', RECORD_BYTES).split('\0', 1);
    records.set(path, record);
    at = end;
  }
  return {
    first: bytes.toString('hex', 0, ID_BYTES),
    second: bytes.toString('hex', ID_BYTES, PARENT_BYTES),
    records,
  };
}

/** Returns a dirstate's bytes. */
export const renderDirstate = ({ first, second, records }: Dirstate): Buffer =>
  Buffer.concat([Buffer.from(first, 'hex'), Buffer.from(second, 'hex'), ...records.values()]);

/** The dirstate of a working tree with nothing in it. */
export const EMPTY_DIRSTATE: Dirstate = {
  first: '0'.repeat(2 * ID_BYTES),
  second: '0'.repeat(2 * ID_BYTES),
  records: new Map(),
};

/** One path whose record is to be replaced, or, where it is not in the new parent, removed. */
export type RecordChange = { readonly path: string; readonly present: boolean };

/** Returns a dirstate that stands on another parent; of the changed paths hg is told only that it has to look at them. */
export function movedDirstate(dirstate: Dirstate, to: string, changes: readonly RecordChange[]): Dirstate {
  const records = new Map(dirstate.records);
  for (const { path, present } of changes) {
    const bytes = encodePath(path);
    const key = bytes.toString('latin1');
    if (present) records.set(key, unsureRecord(bytes));
    else records.delete(key);
  }
  return { first: to, second: '0'.repeat(2 * ID_BYTES), records };
}

/** Returns a dirstate that makes hg look into files, and those of them that it knows as plainly tracked. */
export function doubtedDirstate<Path extends string>(
  dirstate: Dirstate,
  paths: readonly Path[],
): { readonly doubted: Dirstate; readonly known: readonly Path[] } {
  const records = new Map(dirstate.records);
  const known = paths.filter((path) => {
    const bytes = encodePath(path);
    const key = bytes.toString('latin1');
    if (records.get(key)?.toString('latin1', 0, 1) !== 'n') return false;
    records.set(key, unsureRecord(bytes));
    return true;
  });
  return { doubted: { ...dirstate, records }, known };
}

/** A record with neither size nor time, as hg itself writes it for a file that it has just put in place. */
function unsureRecord(path: Buffer): Buffer {
  const head = Buffer.alloc(RECORD_BYTES);
  head.write('n', 'latin1');
  head.writeInt32BE(-1, 5);
  head.writeInt32BE(-1, 9);
  head.writeInt32BE(path.length, 13);
  return Buffer.concat([head, path]);
}
