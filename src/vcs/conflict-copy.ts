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

/** Longer than any extension that says something; what is longer is the name itself. */
const MAX_EXTENSION_BYTES = 32;

/** The machine's name may come out of a commit that anybody wrote, so it is not trusted to be short. */
const MAX_MACHINE_CHARACTERS = 63;

/**
 * Returns `<stem> (conflict <machine> <YYYY-MM-DD> <7 hex>)<ext>`, beside the path; the day is UTC's. Where that name
 * is taken by something else, a number follows the hexadecimal.
 */
export function conflictCopyName(
  { path, machine, at, id }: ConflictCopy,
  isTaken: (name: RelativePath) => boolean = () => false,
): RelativePath {
  const mark = `conflict ${inName(machine)} ${day(at)} ${id.slice(0, 7)}`;
  for (let number = 1; ; number += 1) {
    const name = beside(path, number === 1 ? ` (${mark})` : ` (${mark} ${number})`);
    if (!isTaken(name)) return name;
  }
}

/** Puts a mark before a name's extension; the stem gives way where the name would become too long. */
function beside(path: RelativePath, mark: string): RelativePath {
  const name = basename(path);
  const found = extname(name);
  const extension = Buffer.byteLength(found) > MAX_EXTENSION_BYTES ? '' : found;
  const stem = [...name.slice(0, name.length - extension.length)];
  while (Buffer.byteLength(stem.join('') + mark + extension) > MAX_NAME_BYTES) stem.pop();
  const folder = dirname(path);
  const copy = `${stem.join('')}${mark}${extension}`;
  return asRelative(folder === '.' ? copy : `${folder}/${copy}`);
}

/** Makes a machine's name fit to be part of a file's. */
function inName(machine: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a name must not hold
  const plain = machine.replaceAll(/[/\\:*?"<>|\u0000-\u001f\u007f]/g, '-');
  return [...plain].slice(0, MAX_MACHINE_CHARACTERS).join('');
}

/** Returns a time's day; a commit may claim a time that no calendar has, which counts as the first day of 1970. */
function day(at: number): string {
  const found = new Date(at);
  const hasDay = !Number.isNaN(found.getTime()) && found.getUTCFullYear() >= 0 && found.getUTCFullYear() <= 9999;
  return (hasDay ? found : new Date(0)).toISOString().slice(0, 10);
}
