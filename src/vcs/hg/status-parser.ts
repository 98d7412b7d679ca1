import { asRelative, type RelativePath } from '../../model/paths.js';
import { splitPaths } from '../../system/path-bytes.js';

/** The arguments whose answer {@link parseStatus} reads: changed, unknown, and where added files were copied from. */
export const STATUS_ARGUMENTS: readonly string[] = ['status', '-mardu', '-C', '-T', '{status}\\0{path}\\0{source}\\0'];

/** How a path differs from the last commit: modified, added, removed, missing (`!`), unknown (`?`). */
export type StatusLetter = 'M' | 'A' | 'R' | '!' | '?';

/** One path that differs from the last commit. */
export type StatusEntry = {
  readonly path: RelativePath;
  readonly letter: StatusLetter;
  /** The file that an added one was copied or renamed from; empty where there is none. */
  readonly source: string;
};

const LETTERS: ReadonlySet<string> = new Set(['M', 'A', 'R', '!', '?']);

/** Reads `hg status -C` in the form above: `<letter> NUL <path> NUL <source> NUL`. */
export function parseStatus(output: Uint8Array): readonly StatusEntry[] {
  const values = splitPaths(output);
  const entries: StatusEntry[] = [];
  for (let at = 0; at + 2 < values.length; at += 3) {
    const letter = values[at] ?? '';
    if (!isLetter(letter)) throw new Error(`hg status answered '${letter}', which is no status`);
    entries.push({ letter, path: asRelative(values[at + 1] ?? ''), source: values[at + 2] ?? '' });
  }
  return entries;
}

const isLetter = (letter: string): letter is StatusLetter => LETTERS.has(letter);
