import { asRelative } from '../../model/paths.js';
import { encodePath, isForeignName, splitPaths } from '../../system/path-bytes.js';
import type { FileVersion, ListRequest } from '../versions.js';
import type { GitOptions } from './command.js';
import type { Repository } from './repository.js';
import { parseRevision, REVISION_FORMAT, REVISION_VALUES } from './revision-format.js';

type WithGit = Pick<Repository, 'git'>;

/** Stands before each commit, where what a commit did to a file begins with a colon. */
const MARK = 'commit';

/**
 * A merge is listed only where it holds what none of its parents has. Renames are looked for whatever the person's own
 * settings say (`diff.renames`, `log.follow`).
 */
const ARGUMENTS: readonly string[] = [
  'log',
  '--follow',
  '-M',
  '--raw',
  '-z',
  '--no-abbrev',
  '--no-ext-diff',
  '--diff-merges=combined',
  `--format=${MARK}%x00${REVISION_FORMAT}`,
];

/** Lists the versions of a file, newest first, through renames. */
export async function listVersions(repository: WithGit, request: ListRequest): Promise<readonly FileVersion[]> {
  const { args, options } = question(request);
  const listed = parseVersions(await repository.git.output([...ARGUMENTS, ...args], options));
  const sizes = await sizesOf(repository, [...new Set(listed.map(({ blob }) => blob))]);
  return listed.map(({ blob, ...version }) => ({ ...version, size: sizes.get(blob) }));
}

/** Names the file: a name that is not text cannot be an argument, and one with a newline no line of the input. */
function question({ path, from, limit }: ListRequest): {
  readonly args: readonly string[];
  readonly options: GitOptions;
} {
  const most = `--max-count=${limit}`;
  if (!isForeignName(path)) return { args: [most, from, '--', path], options: {} };
  const input = Buffer.concat([Buffer.from(`${from}\n--\n`), encodePath(path)]);
  return { args: [most, '--stdin'], options: { input } };
}

type Listed = Omit<FileVersion, 'size'> & { readonly blob: string };

/**
 * Reads `git log --raw -z` in the form above; a merge has as many colons as parents:
 *
 *     { commit NUL <5 values> [LF] { ":"+ <modes> SP <ids> SP <status> NUL <path> NUL [<path> NUL] } }
 */
export function parseVersions(output: Uint8Array): readonly Listed[] {
  const values = splitPaths(output);
  const listed: Listed[] = [];
  let revision: ReturnType<typeof parseRevision> | undefined;
  for (let at = 0; at < values.length; ) {
    const value = (values[at] ?? '').replace(/^\n+/, '');
    if (value === MARK) {
      revision = parseRevision(values.slice(at + 1, at + 1 + REVISION_VALUES));
      at += 1 + REVISION_VALUES;
    } else if (value.startsWith(':') && revision !== undefined) {
      const { status, blob, parents } = parseRaw(value);
      const names = parents === 1 && /^[RC]/.test(status) ? 2 : 1;
      const path = asRelative(values[at + names] ?? '');
      listed.push({ ...revision, path, change: changeOf(status), blob });
      at += 1 + names;
    } else at += 1;
  }
  return listed;
}

/** Reads `":"+ <mode>+ SP <id>+ SP <status>`, where the last mode and the last id are the new ones. */
function parseRaw(record: string): { readonly status: string; readonly blob: string; readonly parents: number } {
  const parents = record.length - record.replace(/^:+/, '').length;
  const fields = record.slice(parents).split(' ');
  return { status: fields.at(-1) ?? '', blob: fields.at(-2) ?? '', parents };
}

function changeOf(status: string): FileVersion['change'] {
  if (status.startsWith('R')) return 'renamed';
  if (/^(A+|C\d*)$/.test(status)) return 'added';
  return /^D+$/.test(status) ? 'removed' : 'modified';
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
