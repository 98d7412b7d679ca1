import type { AbsolutePath } from '../../model/paths.js';
import {
  copy,
  exists,
  joinPath,
  listNames,
  lstatIfPresent,
  makeFolder,
  remove,
  setModifiedTime,
} from '../../system/files.js';
import { hashFile } from '../../system/hash.js';
import { joinPaths, splitPaths } from '../../system/path-bytes.js';
import { gitFailure } from './command.js';
import { noObject, type Repository } from './repository.js';

/** A private copy of the index, and what the person's own index was when the copy was made. */
export type PrivateIndex = {
  readonly file: AbsolutePath;
  /** The SHA-256 of the person's index then; `absent` when there was none. */
  readonly copiedFrom: string;
};

const PREFIX = 'index.';
let counter = 0;

/** Copies the person's index, so that whatever becomes of the run, his own is as he left it. */
export function copyIndex(repository: Repository): PrivateIndex {
  counter += 1;
  const file = joinPath(repository.privateFolder, `${PREFIX}${process.pid}-${counter}`);
  makeFolder(repository.privateFolder);
  remove(file);
  const copiedFrom = indexSum(repository.indexFile);
  if (exists(repository.indexFile)) copyWithTime(repository.indexFile, file);
  return { file, copiedFrom };
}

/**
 * A file that was saved after the index was written, yet within the same tick of the clock, is told from a clean one by
 * the index's own time alone (git's `racy-git.txt`). A copy that looks younger would hide that save.
 */
function copyWithTime(from: AbsolutePath, to: AbsolutePath): void {
  copy(from, to);
  const written = lstatIfPresent(from)?.mtimeMs;
  if (written !== undefined) setModifiedTime(to, Math.floor(written));
}

/** Returns what tells one state of an index from another. */
export const indexSum = (file: AbsolutePath): string => (exists(file) ? hashFile(file, 'sha256') : 'absent');

/** Removes private indexes that this run, or one that was killed, left behind. */
export function removePrivateIndexes(repository: Pick<Repository, 'privateFolder'>): void {
  for (const name of listNames(repository.privateFolder)) {
    if (name.startsWith(PREFIX)) remove(joinPath(repository.privateFolder, name));
  }
}

/** One line for {@link writeEntries}: a path and what the index shall hold for it; undefined takes it out. */
export type IndexEntry = {
  readonly path: string;
  readonly content: { readonly mode: string; readonly id: string } | undefined;
};

/** Reads the entries of a private index that are in no conflict. */
export async function readEntries(repository: Repository, index: PrivateIndex): Promise<readonly IndexEntry[]> {
  const output = await repository.git.output(['ls-files', '--stage', '-z'], { env: { GIT_INDEX_FILE: index.file } });
  return splitPaths(output).flatMap(parseEntry);
}

/** Reads `<mode> SP <id> SP <stage> TAB <path>`; a file that is in conflict has other stages than 0. */
function parseEntry(record: string): readonly IndexEntry[] {
  const tab = record.indexOf('\t');
  const [mode = '', id = '', stage] = record.slice(0, tab).split(' ');
  return stage === '0' ? [{ path: record.slice(tab + 1), content: { mode, id } }] : [];
}

/** Renders the input of `update-index -z --index-info`: `<mode> SP <id> TAB <path> NUL`, mode 0 to take a path out. */
function renderIndexInfo(repository: Repository, entries: readonly IndexEntry[]): Buffer {
  const none = { mode: '0', id: noObject(repository) };
  return joinPaths(entries.map(({ path, content = none }) => `${content.mode} ${content.id}\t${path}`));
}

/** Sets entries of a private index without looking at the working tree; they have no flags afterwards. */
export async function writeEntries(
  repository: Repository,
  index: PrivateIndex,
  entries: readonly IndexEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const args = ['update-index', '-z', '--index-info'];
  const result = await repository.git.run(args, {
    input: renderIndexInfo(repository, entries),
    env: { GIT_INDEX_FILE: index.file },
  });
  if (result.exitCode !== 0) throw gitFailure(args, result);
}

/** Brings the stat data of a private index up to date; entries that really differ stay different. */
export async function refreshIndex(repository: Repository, index: PrivateIndex): Promise<void> {
  // Exit code 1 says that some entry differs from its file, which is for the next look to deal with.
  await repository.git.run(['update-index', '-q', '--refresh'], { env: { GIT_INDEX_FILE: index.file } });
}

/** Writes the tree that a private index describes. */
export const writeTree = (repository: Repository, index: PrivateIndex): Promise<string> =>
  repository.git.text(['write-tree'], { env: { GIT_INDEX_FILE: index.file } });

/** Returns the id of the tree that holds nothing, and makes sure that it exists. */
export const emptyTree = (repository: Repository): Promise<string> =>
  repository.git.text(['hash-object', '-w', '-t', 'tree', '--stdin'], { input: '' });
