import type { AbsolutePath } from '../model/paths.js';
import { append, flushFile, move, readTextIfPresent, writeAtomically } from '../system/files.js';

/** Which commit a changeset has become. */
export type CommitMap = ReadonlyMap<string, string>;

/** A changeset's line: `<40 hexadecimal digits of the changeset> <digits of the commit>`. */
const LINE = /^([0-9a-f]{40}) ([0-9a-f]{40,64})$/;

/**
 * Reads the map that {@link appendCommitMap} writes. What a killed run left of a last line says nothing; a line that
 * cannot be read in the middle means that the file is damaged, and nothing of it counts from there on.
 */
export function readCommitMap(file: AbsolutePath): Map<string, string> {
  const map = new Map<string, string>();
  const text = readTextIfPresent(file) ?? '';
  for (const line of text.split('\n').slice(0, -1)) {
    const [, node, id] = LINE.exec(line) ?? [];
    if (node === undefined || id === undefined) break;
    map.set(node, id);
  }
  return map;
}

/** Adds changesets whose commits are in the repository for good; a line that was cut off before is taken away. */
export function appendCommitMap(file: AbsolutePath, added: readonly (readonly [string, string])[]): void {
  const text = readTextIfPresent(file) ?? '';
  const whole = [...readCommitMap(file)].map(([node, id]) => `${node} ${id}\n`).join('');
  if (whole !== text) writeAtomically(file, whole);
  append(file, added.map(([node, id]) => `${node} ${id}\n`).join(''));
  flushFile(file);
}

/** Puts a map aside whose commits are not there any more. */
export const dropCommitMap = (file: AbsolutePath): void => move(file, `${file}.lost`);
