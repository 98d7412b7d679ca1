import { asRelative, type RelativePath } from '../../model/paths.js';
import { splitPaths } from '../../system/path-bytes.js';

/** The arguments whose answer {@link parseStatus} reads. */
export const statusArguments = (untracked: 'normal' | 'all'): readonly string[] => [
  'status',
  '--porcelain=v2',
  '--branch',
  '--ahead-behind',
  '-z',
  '--no-renames',
  // What goes on inside of one is its own repository's business, and some gits stop where a link stands in its place.
  '--ignore-submodules=dirty',
  `--untracked-files=${untracked}`,
];

/** A tracked path that differs somewhere between the last commit, the index and the disk. */
export type TrackedEntry = {
  readonly path: RelativePath;
  /** How the index differs from the last commit: `.` for not at all. */
  readonly staged: string;
  /** How the file differs from the index: `.` for not at all. */
  readonly unstaged: string;
  /** Whether it is a submodule, and no file has taken its place. */
  readonly submodule: boolean;
  readonly head: { readonly mode: string; readonly id: string };
  readonly index: { readonly mode: string; readonly id: string };
};

/** One answer of `git status`. */
export type Status = {
  readonly head: string | undefined;
  /** The branch's short name; undefined when HEAD is detached. */
  readonly branch: string | undefined;
  /** The branch's upstream as git shortens its name, and how many commits that does not have; undefined where git tells neither. */
  readonly upstream: { readonly name: string; readonly ahead: number } | undefined;
  readonly tracked: readonly TrackedEntry[];
  /** Untracked paths; a whole folder or a nested repository ends with `/`. */
  readonly untracked: readonly string[];
  readonly unmerged: readonly RelativePath[];
  /**
   * Folders that may not be entered, and tracked paths at which git could not look: what stands there is not known, and git
   * takes it for unchanged.
   */
  readonly closed: readonly RelativePath[];
  /** Files with rules that git could not read and passed over, as if they said nothing. */
  readonly unreadRules: readonly string[];
};

/**
 * Reads `git status --porcelain=v2 --branch -z` (git-status(1)). Records end with NUL:
 *
 *     # branch.oid <id>|(initial)      # branch.head <name>|(detached)      # …
 *     # branch.upstream <name>      # branch.ab +<ahead> -<behind>, unless the upstream is gone
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
  let name = '';
  let upstream: Status['upstream'];
  for (const record of splitPaths(output)) {
    if (record.startsWith('# branch.oid ')) head = valueUnless(record.slice(13), '(initial)');
    else if (record.startsWith('# branch.head ')) branch = valueUnless(record.slice(14), '(detached)');
    else if (record.startsWith('# branch.upstream ')) name = record.slice(18);
    else if (record.startsWith('# branch.ab +')) upstream = { name, ahead: Number.parseInt(record.slice(13), 10) };
    else if (record.startsWith('1 ')) tracked.push(parseTracked(record));
    else if (record.startsWith('u ')) unmerged.push(asRelative(fields(record, 10).rest));
    else if (record.startsWith('? ')) untracked.push(record.slice(2));
  }
  const folders = [...warnings.matchAll(/^warning: could not open directory '(.*)': /gm)].map(([, path]) => path ?? '');
  const closed = folders.map((folder) => asRelative(folder.replace(/\/$/, '')));
  return { head, branch, upstream, tracked, untracked, unmerged, closed, unreadRules: [] };
}

const valueUnless = (value: string, absent: string): string | undefined => (value === absent ? undefined : value);

function parseTracked(record: string): TrackedEntry {
  const { values, rest } = fields(record, 8);
  const [, xy = '..', sub = 'N...', headMode = '', indexMode = '', mode = '', headId = '', indexId = ''] = values;
  return {
    path: asRelative(rest),
    staged: xy[0] ?? '.',
    unstaged: xy[1] ?? '.',
    submodule: sub.startsWith('S') && !isFile(indexMode) && !isFile(mode),
    head: { mode: headMode, id: headId },
    index: { mode: indexMode, id: indexId },
  };
}

/** Git says `S` where any of the last commit, the index and the disk has a submodule. */
const isFile = (mode: string): boolean => /^1[02]0/.test(mode);

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
