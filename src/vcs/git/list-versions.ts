import { asRelative, type RelativePath } from '../../model/paths.js';
import { isForeignName, replaceForeignBytes, splitPaths } from '../../system/path-bytes.js';
import { followRenames, type NameHistory } from '../follow-renames.js';
import type { FileVersion, ListRequest } from '../versions.js';
import type { GitOptions } from './command.js';
import type { Repository } from './repository.js';
import { parseRevision, REVISION_FORMAT, REVISION_VALUES } from './revision-format.js';

type WithGit = Pick<Repository, 'git'>;
type Name = Pick<ListRequest, 'path' | 'from'>;

/** Stands before each commit, where what a commit did to a file begins with a colon. */
const MARK = 'commit';

/**
 * `--follow` would list every merge and only one of two sides, so renames are followed here. A merge is listed where it
 * holds what none of its parents has.
 */
const ARGUMENTS: readonly string[] = [
  'log',
  '--full-history',
  '--no-renames',
  '--raw',
  '-z',
  '--no-abbrev',
  '--no-ext-diff',
  '--diff-merges=combined',
  `--format=${MARK}%x00${REVISION_FORMAT}`,
];

/** Lists the versions of a file, newest first, through renames. */
export async function listVersions(repository: WithGit, request: ListRequest): Promise<readonly FileVersion[]> {
  return await followRenames(request, (name) => historyOf(repository, name));
}

async function historyOf(repository: WithGit, name: Name): Promise<NameHistory> {
  const { args, options } = question(name);
  const found = parseVersions(await repository.git.output([...ARGUMENTS, ...args], options));
  const listed = isForeignName(name.path) ? found.filter(({ path }) => path === name.path) : found;
  const sizes = await sizesOf(repository, [...new Set(listed.map(({ blob }) => blob))]);
  const versions: FileVersion[] = [];
  const earlier: Name[] = [];
  for (const { blob, isMerge, ...version } of listed) {
    const isNew = version.change === 'added' && !isMerge;
    const source = isNew ? await renamedFrom(repository, version.id, version.path) : undefined;
    versions.push({ ...version, size: sizes.get(blob), ...(source === undefined ? {} : { change: 'renamed' }) });
    if (source !== undefined) earlier.push({ path: source, from: `${version.id}^1` });
  }
  return { versions, earlier };
}

/**
 * Names the file. A name that is not text cannot be an argument: then a pattern stands for it, in which any byte will do
 * for each that is no text, and what else looks like that is left out afterwards.
 */
function question({ path, from }: Name): { readonly args: readonly string[]; readonly options: GitOptions } {
  if (!isForeignName(path)) return { args: [from, '--', path], options: {} };
  const pattern = replaceForeignBytes(path.replaceAll(/[\\*?[]/g, '\\$&'), '?');
  return { args: [from, '--', `:(glob)${pattern}`], options: { env: { GIT_LITERAL_PATHSPECS: '0' } } };
}

type Listed = Omit<FileVersion, 'size'> & { readonly blob: string; readonly isMerge: boolean };

/**
 * Reads `git log --raw -z` in the form above; a merge has as many colons as parents:
 *
 *     { commit NUL <5 values> [LF] { ":"+ <modes> SP <ids> SP <status> NUL <path> NUL } }
 */
function parseVersions(output: Uint8Array): readonly Listed[] {
  const values = splitPaths(output);
  const listed: Listed[] = [];
  let revision: ReturnType<typeof parseRevision> | undefined;
  for (let at = 0; at < values.length; ) {
    const value = (values[at] ?? '').replace(/^\n+/, '');
    if (value === MARK) {
      revision = parseRevision(values.slice(at + 1, at + 1 + REVISION_VALUES));
      at += 1 + REVISION_VALUES;
    } else if (value.startsWith(':') && revision !== undefined) {
      const { status, blob, isMerge } = parseRaw(value);
      listed.push({ ...revision, path: asRelative(values[at + 1] ?? ''), change: changeOf(status), blob, isMerge });
      at += 2;
    } else at += 1;
  }
  return listed;
}

/** Reads `":"+ <mode>+ SP <id>+ SP <status>`, where the last mode and the last id are the new ones. */
function parseRaw(record: string): { readonly status: string; readonly blob: string; readonly isMerge: boolean } {
  const fields = record.split(' ');
  return { status: fields.at(-1) ?? '', blob: fields.at(-2) ?? '', isMerge: record.startsWith('::') };
}

function changeOf(status: string): FileVersion['change'] {
  if (/^A+$/.test(status)) return 'added';
  return /^D+$/.test(status) ? 'removed' : 'modified';
}

/** Returns the name that a commit renamed to another one (`R<how alike> NUL <old> NUL <new> NUL`). */
async function renamedFrom({ git }: WithGit, id: string, path: RelativePath): Promise<RelativePath | undefined> {
  const args = ['diff-tree', '-r', '-M', '-z', '--name-status', '--no-commit-id', '--diff-filter=R', id];
  const values = splitPaths(await git.output(args));
  for (let at = 0; at + 2 < values.length; at += 3) {
    if (values[at + 2] === path) return asRelative(values[at + 1] ?? '');
  }
  return undefined;
}

/** Returns how large some blobs are (`git cat-file --batch-check`: `<id> SP blob SP <size>`, or `<id> missing`). */
async function sizesOf({ git }: WithGit, blobs: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const wanted = blobs.filter((id) => !/^0+$/.test(id));
  if (wanted.length === 0) return sizes;
  const text = await git.text(['cat-file', '--batch-check'], { input: `${wanted.join('\n')}\n` });
  for (const line of text.split('\n')) {
    const [id = '', kind, size] = line.split(' ');
    if (kind === 'blob') sizes.set(id, Number(size));
  }
  return sizes;
}
