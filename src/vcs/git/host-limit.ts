import { basename } from 'node:path/posix';
import { asRelative, type RelativePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent, makeFolder, readTextIfPresent, writeAtomically } from '../../system/files.js';
import { MACHINE_TRAILER } from '../vcs.js';
import { readChanges } from './change-parser.js';
import { commitTree } from './commit-tree.js';
import { busy, moveBranch, withIndexLock } from './move-branch.js';
import { copyIndex, emptyTree, writeEntries, writeTree } from './private-index.js';
import type { Repository } from './repository.js';
import { readSide } from './side.js';

/** The file that remembers the size from which the hub has refused files. */
const LIMIT_FILE = 'host-limit';

/** Thirty days: a hub may have learned to take more since, which only another try can tell. */
const LIMIT_LASTS_MS = 30 * 86_400_000;

/** Returns the size in bytes above which files are left out: the setting's, or less where the hub has refused less. */
export function sizeLimit(repository: Pick<Repository, 'settings' | 'privateFolder' | 'now'>): number {
  const file = joinPath(repository.privateFolder, LIMIT_FILE);
  const { maxFileBytes } = repository.settings;
  const refused = Number(readTextIfPresent(file) ?? Number.NaN);
  const age = repository.now() - (lstatIfPresent(file)?.mtimeMs ?? 0);
  return refused > 0 && age < LIMIT_LASTS_MS ? Math.min(maxFileBytes, refused - 1) : maxFileBytes;
}

/** A push that the hub refused for a file's size. */
export type Refusal = {
  readonly branch: string;
  readonly head: string;
  /** Where the hub's branch stands; undefined when it has none. */
  readonly hub: string | undefined;
  /** The hub's words, which often name the file. */
  readonly words: string;
};

/**
 * Makes the unpublished snapshots anew without the files that the hub refuses, so that they do not hold up everything
 * else for ever; the files stay on the disk, the old snapshots under a pin. What a person committed himself is never
 * rewritten: then nothing is done. Returns the new commit.
 */
export async function rebuildWithoutLargeFiles(repository: Repository, refusal: Refusal): Promise<string | undefined> {
  const { branch, head, hub } = refusal;
  if (!(await areOwnSnapshots(repository, refusal))) return undefined;
  const refused = await refusedFiles(repository, refusal);
  const sizes = refused.map(({ size }) => size);
  if (refused.length === 0) return undefined;
  makeFolder(repository.privateFolder);
  writeAtomically(joinPath(repository.privateFolder, LIMIT_FILE), String(Math.min(...sizes)));
  const before = hub === undefined ? undefined : await readSide(repository, hub);
  const index = copyIndex(repository);
  await writeEntries(
    repository,
    index,
    refused.map(({ path }) => ({ path, content: before?.entries.get(path) })),
  );
  const tree = await writeTree(repository, index);
  const changes = await readChanges(repository, hub ?? (await emptyTree(repository)), tree);
  const to =
    changes.length === 0 && hub !== undefined
      ? hub
      : await commitTree(repository, {
          tree,
          parents: hub === undefined ? [] : [hub],
          message: repository.messages.snapshot(changes),
        });
  const reason = 'left out what is too large for the hub';
  const moved = await withIndexLock(repository, busy(repository), () =>
    moveBranch(repository, { branch, from: head, to, index, reason }),
  );
  return moved.kind === 'moved' ? to : undefined;
}

const range = ({ head, hub }: Refusal): readonly string[] => (hub === undefined ? [head] : [head, '--not', hub]);

async function areOwnSnapshots(repository: Repository, refusal: Refusal): Promise<boolean> {
  const format = `--format=%(trailers:key=${MACHINE_TRAILER},valueonly,separator=%x2C)%x00`;
  const text = await repository.git.text(['log', '-z', format, ...range(refusal)]);
  const trailers = text.split('\0').filter((_, at) => at % 2 === 0);
  return trailers.slice(0, -1).every((trailer) => trailer.trim() !== '');
}

type LargeFile = { readonly path: RelativePath; readonly size: number };

/** No host's limit for a file is less: a smaller one that its words do not name is not what it means. */
const LEAST_LIMIT_BYTES = 1_000_000;

/** Finds the files that the hub means: those that its words name, else the largest, if it is large indeed. */
async function refusedFiles(repository: Repository, refusal: Refusal): Promise<readonly LargeFile[]> {
  const files = (await newFiles(repository, refusal)).sort((one, other) => other.size - one.size);
  const named = files.filter(({ path }) => isNamed(refusal.words, path));
  const [largest] = files;
  const smallestNamed = Math.min(...named.map(({ size }) => size));
  if (named.length > 0) return files.filter(({ size }) => size >= smallestNamed);
  if (largest === undefined || largest.size < LEAST_LIMIT_BYTES) return [];
  return files.filter(({ size }) => size >= largest.size);
}

/** Tells whether a hub's words name a file: `File <path> …`, `'<path>'`, `<path> is <size>`; a short name is a mere word too. */
function isNamed(words: string, path: RelativePath): boolean {
  const names = [path, basename(path)].map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  return new RegExp(`\\bfile:? (${names})(?!\\S)|['"](${names})['"]|(?<!\\S)(${names}) is \\d`, 'i').test(words);
}

/** Lists the files that the unpublished commits bring, in any of their versions, with the size of the largest. */
async function newFiles(repository: Repository, refusal: Refusal): Promise<LargeFile[]> {
  const listed = await repository.git.output(['rev-list', '--objects', ...range(refusal)]);
  const result = await repository.git.output(['cat-file', '--batch-check=%(objecttype) %(objectsize) %(rest)'], {
    input: listed,
  });
  const sizes = new Map<RelativePath, number>();
  for (const line of result.toString('utf8').split('\n')) {
    const [, size = '', path = ''] = /^blob (\d+) ([\s\S]+)$/.exec(line) ?? [];
    if (path === '') continue;
    sizes.set(asRelative(path), Math.max(Number(size), sizes.get(asRelative(path)) ?? 0));
  }
  return [...sizes].map(([path, size]) => ({ path, size }));
}
