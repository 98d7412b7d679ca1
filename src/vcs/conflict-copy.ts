import { basename, dirname, extname } from 'node:path/posix';
import { asRelative, type RelativePath } from '../model/paths.js';
import { isMetadataName } from './metadata-name.js';

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

/** What a conflict copy's name tells; `path` is whose copy it is, where the name has not been cut short. */
export type ParsedCopy = {
  readonly path: RelativePath;
  /** The machine, or the person, whose version the copy holds. */
  readonly machine: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
};

/** Grammar: `<stem> (conflict <machine> <YYYY-MM-DD> <7 hex>[ <number>])<extension>`; the last mark counts. */
const COPY = /^(.*) \(conflict (.+?) (\d{4}-\d\d-\d\d) [0-9a-f]{7}(?: [1-9]\d*)?\)(\.[^.]*)?$/s;

/** Reads the name of a conflict copy; undefined for every other name. */
export function parseConflictCopy(copy: string): ParsedCopy | undefined {
  const found = COPY.exec(basename(copy));
  if (found === null) return undefined;
  const [, stem = '', machine = '', copied = '', extension = ''] = found;
  const folder = dirname(copy);
  const name = `${stem}${extension}`;
  if (name === '' || name === '.' || name === '..') return undefined;
  // Whoever pushes a copy of that name means the repository itself.
  if (isMetadataName(name)) return undefined;
  return { path: asRelative(folder === '.' ? name : `${folder}/${name}`), machine, day: copied };
}

/** Returns the copy that a path is, or lies in; undefined where it has nothing to do with one. */
export function copyAround(path: string): RelativePath | undefined {
  if (!path.includes(' (conflict ')) return undefined;
  const parts = path.split('/');
  const at = parts.findIndex((part) => parseConflictCopy(part) !== undefined);
  return at < 0 ? undefined : asRelative(parts.slice(0, at + 1).join('/'));
}

/** Tells whether a path is a conflict copy, or lies in one. */
export const liesInConflictCopy = (path: string): boolean => copyAround(path) !== undefined;

/** Tells whether a path is another one or lies below it; below the top, which is the empty path or none, every path does. */
export const isAtOrBelow = (path: string, folder: string | undefined): boolean =>
  folder === undefined || folder === '' || path === folder || path.startsWith(`${folder}/`);
