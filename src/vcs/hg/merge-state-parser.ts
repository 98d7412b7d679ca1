import { asRelative, type RelativePath } from '../../model/paths.js';
import { splitPaths } from '../../system/path-bytes.js';

/** The arguments whose answer {@link parseMergeState} reads. */
export const MERGE_STATE_ARGUMENTS: readonly string[] = [
  'debugmergestate',
  '-T',
  `{files % "${['state', 'path', 'local_path', 'local_key', 'other_path', 'other_node', 'ancestor_node', 'renamed_path', 'rename_side', 'ancestor_path'].map((name) => `{${name}}\\0`).join('')}"}`,
];

const FIELDS = 10;

/** A path whose two versions hg could not merge. */
export type ContentConflict = {
  readonly kind: 'content';
  readonly path: RelativePath;
  /** What each side calls it; undefined where it has removed it. */
  readonly ours: RelativePath | undefined;
  readonly theirs: RelativePath | undefined;
  readonly hasBase: boolean;
};

/** A file whose name the other side has given to a folder; hg has set it aside under a name of its own. */
export type PathConflict = {
  readonly kind: 'path';
  readonly path: RelativePath;
  readonly setAside: RelativePath;
  readonly side: 'ours' | 'theirs';
};

/**
 * Reads `hg debugmergestate` in the form above, ten values a file, each ended by NUL. States: `u` unresolved, `pu`
 * unresolved path conflict, `r` and `pr` resolved. A version that is not there has zeros for its id.
 */
export function parseMergeState(output: Uint8Array): readonly (ContentConflict | PathConflict)[] {
  const values = splitPaths(output);
  const conflicts: (ContentConflict | PathConflict)[] = [];
  for (let at = 0; at + FIELDS <= values.length; at += FIELDS) {
    const [
      state,
      name = '',
      localPath = '',
      localKey = '',
      otherPath = '',
      otherNode = '',
      base = '',
      aside = '',
      side,
    ] = values.slice(at, at + FIELDS);
    const path = asRelative(name);
    if (state === 'u') {
      const ours = isNone(localKey) ? undefined : asRelative(localPath);
      const theirs = isNone(otherNode) ? undefined : asRelative(otherPath);
      conflicts.push({ kind: 'content', path, ours, theirs, hasBase: !isNone(base) });
    } else if (state === 'pu') {
      conflicts.push({ kind: 'path', path, setAside: asRelative(aside), side: side === 'l' ? 'ours' : 'theirs' });
    }
  }
  return conflicts;
}

/** A path that hg has merged from three versions, or that was settled since: what it took for each. */
export type MergeInput = {
  readonly ours: RelativePath;
  readonly theirs: RelativePath;
  /** What the version that both are taken to come from was called; undefined where there is none. */
  readonly base: RelativePath | undefined;
  readonly path: RelativePath;
};

/** Reads the same answer for what is resolved (`r`). */
export function parseMergeInputs(output: Uint8Array): readonly MergeInput[] {
  const values = splitPaths(output);
  const inputs: MergeInput[] = [];
  for (let at = 0; at + FIELDS <= values.length; at += FIELDS) {
    const [state, path = '', ours = '', , theirs = '', , baseNode = '', , , base = ''] = values.slice(at, at + FIELDS);
    if (state !== 'r') continue;
    inputs.push({
      path: asRelative(path),
      ours: asRelative(ours),
      theirs: asRelative(theirs),
      base: isNone(baseNode) ? undefined : asRelative(base),
    });
  }
  return inputs;
}

const isNone = (id: string): boolean => /^0*$/.test(id);
