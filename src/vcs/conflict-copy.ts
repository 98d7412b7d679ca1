import { basename, dirname, extname } from 'node:path/posix';
import { asRelative, type RelativePath } from '../model/paths.js';

/** What a conflict copy's name is made of: all of it comes from the losing version, so the name is always the same. */
export type ConflictCopy = {
  readonly path: RelativePath;
  readonly machine: string;
  /** Milliseconds since 1970 at which the losing version was committed or saved. */
  readonly at: number;
  /** The id of the losing version's content. */
  readonly id: string;
};

const MAX_NAME_BYTES = 255;

/** Returns `<stem> (conflict <machine> <YYYY-MM-DD> <7 hex>)<ext>`, beside the path; the day is UTC's. */
export function conflictCopyName({ path, machine, at, id }: ConflictCopy): RelativePath {
  const day = new Date(at).toISOString().slice(0, 10);
  const mark = ` (conflict ${machine.replaceAll(/[/\\\0]/g, '-')} ${day} ${id.slice(0, 7)})`;
  const name = basename(path);
  const extension = extname(name);
  let stem = name.slice(0, name.length - extension.length);
  while (stem.length > 1 && Buffer.byteLength(stem + mark + extension) > MAX_NAME_BYTES) stem = stem.slice(0, -1);
  const folder = dirname(path);
  return asRelative(folder === '.' ? `${stem}${mark}${extension}` : `${folder}/${stem}${mark}${extension}`);
}
