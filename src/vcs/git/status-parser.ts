import { asRelative, type RelativePath } from '../../model/paths.js';
import { splitPaths } from '../../system/path-bytes.js';

/** The arguments whose answer {@link parseStatus} reads. */
export const statusArguments = (untracked: 'normal' | 'all'): readonly string[] => [
  'status',
  '--porcelain=v2',
  '--branch',
  '-z',
  '--no-renames',
  '--ignore-submodules=none',
  `--untracked-files=${untracked}`,
];

/** A tracked path that differs somewhere between the last commit, the index and the disk. */
export type TrackedEntry = {
  readonly path: RelativePath;
  /** How the index differs from the last commit: `.` for not at all. */
  readonly staged: string;
  /** How the file differs from the index: `.` for not at all. */
  readonly unstaged: string;
  /** For a submodule, what changed: its commit, its files, its untracked files. */
  readonly submodule: { readonly commit: boolean; readonly files: boolean } | undefined;
  readonly head: { readonly mode: string; readonly id: string };
  readonly index: { readonly mode: string; readonly id: string };
};

/** One answer of `git status`. */
export type Status = {
  readonly head: string | undefined;
  /** The branch's short name; undefined when HEAD is detached. */
  readonly branch: string | undefined;
  readonly tracked: readonly TrackedEntry[];
  /** Untracked paths; a whole folder or a nested repository ends with `/`. */
  readonly untracked: readonly string[];
  readonly unmerged: readonly RelativePath[];
  /** Folders that git may not look into: what they hold is not known, and what of it is tracked counts as unchanged. */
  readonly closed: readonly string[];
};

/**
 * Reads `git status --porcelain=v2 --branch -z` (git-status(1)). Records end with NUL:
 *
 *     # branch.oid <id>|(initial)      # branch.head <name>|(detached)      # …
 *     1 <XY> <sub> <mH> <mI> <mW> <hH> <hI> <path>      tracked
 *     u <XY> <sub> <m1> <m2> <m3> <mW> <h1> <h2> <h3> <path>      unmerged
 *     ? <path>      untracked
 *
 * Of a folder that it may not open git tells only in a warning: `could not open directory '<path>': <why>`.
 */
export function parseStatus(output: Uint8Array, warnings = ''): Status {
  const tracked: TrackedEntry[] = [];
  const untracked: string[] = [];
  const unmerged: RelativePath[] = [];
  let head: string | undefined;
  let branch: string | undefined;
  for (const record of splitPaths(output)) {
    if (record.startsWith('# branch.oid ')) head = valueUnless(record.slice(13), '(initial)');
    else if (record.startsWith('# branch.head ')) branch = valueUnless(record.slice(14), '(detached)');
    else if (record.startsWith('1 ')) tracked.push(parseTracked(record));
    else if (record.startsWith('u ')) unmerged.push(asRelative(fields(record, 10).rest));
    else if (record.startsWith('? ')) untracked.push(record.slice(2));
  }
  const closed = [...warnings.matchAll(/^warning: could not open directory '(.*)': /gm)].map(([, path]) => path ?? '');
  return { head, branch, tracked, untracked, unmerged, closed };
}

const valueUnless = (value: string, absent: string): string | undefined => (value === absent ? undefined : value);

function parseTracked(record: string): TrackedEntry {
  const { values, rest } = fields(record, 8);
  const [, xy = '..', sub = 'N...', headMode = '', indexMode = '', , headId = '', indexId = ''] = values;
  return {
    path: asRelative(rest),
    staged: xy[0] ?? '.',
    unstaged: xy[1] ?? '.',
    submodule: sub.startsWith('S') ? { commit: sub[1] === 'C', files: sub[2] === 'M' || sub[3] === 'U' } : undefined,
    head: { mode: headMode, id: headId },
    index: { mode: indexMode, id: indexId },
  };
}

/** Splits a record after a number of blanks; the rest is a path and may hold blanks itself. */
function fields(record: string, count: number): { readonly values: readonly string[]; readonly rest: string } {
  const values: string[] = [];
  let start = 0;
  for (let n = 0; n < count; n += 1) {
    const end = record.indexOf(' ', start);
    if (end < 0) throw new Error(`git status answered a record that is too short: '${record}'`);
    values.push(record.slice(start, end));
    start = end + 1;
  }
  return { values, rest: record.slice(start) };
}
