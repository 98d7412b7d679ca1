import { asRelative } from '../../model/paths.js';
import { splitPaths } from '../../system/path-bytes.js';
import type { Content, TreeDifference } from '../placement/plan.js';
import type { IndexEntry } from './private-index.js';

/** The arguments whose answer {@link parseDifferences} reads. */
export const differenceArguments = (from: string, to: string): readonly string[] => [
  'diff-tree',
  '-r',
  '-z',
  '--raw',
  '--no-renames',
  '--no-abbrev',
  '--no-commit-id',
  from,
  to,
];

/** What differs between two trees. */
export type Differences = {
  /** Files and links. */
  readonly files: readonly TreeDifference[];
  /** Submodules that arrive: a folder to make, no more. */
  readonly submodules: readonly string[];
  /** What the index is to hold for each path that differs, removals first. */
  readonly index: readonly IndexEntry[];
};

/**
 * Reads `git diff-tree --raw -z --no-renames`:
 *
 *     :<old mode> <new mode> <old id> <new id> <status> NUL <path> NUL
 */
export function parseDifferences(output: Uint8Array): Differences {
  const values = splitPaths(output);
  const files: TreeDifference[] = [];
  const submodules: string[] = [];
  const index: IndexEntry[] = [];
  for (let at = 0; at + 1 < values.length; at += 2) {
    const [oldMode = '', newMode = '', oldId = '', newId = ''] = (values[at] ?? '').slice(1).split(' ');
    const path = asRelative(values[at + 1] ?? '');
    if (newMode === SUBMODULE) submodules.push(path);
    index.push({ path, content: newMode === '000000' ? undefined : { mode: newMode, id: newId } });
    const before = fileContent(oldMode, oldId);
    const after = fileContent(newMode, newId);
    if (before !== undefined || after !== undefined) files.push({ path, old: before, new: after });
  }
  // A folder that becomes a file: what it held must be out of the index before the file comes in.
  index.sort((one, other) => Number(one.content !== undefined) - Number(other.content !== undefined));
  return { files, submodules, index };
}

const SUBMODULE = '160000';

const fileContent = (mode: string, id: string): Content | undefined =>
  mode === SUBMODULE || mode === '000000' ? undefined : { mode, id };
