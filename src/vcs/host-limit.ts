import { basename } from 'node:path/posix';
import type { AbsolutePath, RelativePath } from '../model/paths.js';
import type { Settings } from '../model/repo.js';
import { joinPath, lstatIfPresent, makeFolder, readTextIfPresent, writeAtomically } from '../system/files.js';

/** The file that remembers the size from which the hub has refused files. */
const LIMIT_FILE = 'host-limit';

/** Thirty days: a hub may have learned to take more since, which only another try can tell. */
const LIMIT_LASTS_MS = 30 * 86_400_000;

/** A hub that refuses one large file after the other, and names only one each time, is given up after so many. */
export const MAX_REBUILDS = 20;

/** What says which size is too large, here and at the hub. */
export type SizeLimits = {
  readonly settings: Pick<Settings, 'maxFileBytes'>;
  readonly privateFolder: AbsolutePath;
  readonly now: () => number;
};

/** Returns the size in bytes above which files are left out: the setting's, or less where the hub has refused less. */
export function sizeLimit({ settings: { maxFileBytes }, privateFolder, now }: SizeLimits): number {
  const file = joinPath(privateFolder, LIMIT_FILE);
  const refused = Number(readTextIfPresent(file) ?? Number.NaN);
  const age = now() - (lstatIfPresent(file)?.mtimeMs ?? 0);
  return refused > 0 && age < LIMIT_LASTS_MS ? Math.min(maxFileBytes, refused - 1) : maxFileBytes;
}

/** Remembers the smallest of the files that the hub has refused. */
export function rememberRefused({ privateFolder }: SizeLimits, refused: readonly UnsentFile[]): void {
  makeFolder(privateFolder);
  writeAtomically(joinPath(privateFolder, LIMIT_FILE), String(Math.min(...refused.map(({ size }) => size))));
}

/** A file in some commits that were not sent yet, with the size in bytes of its largest version. */
export type UnsentFile = { readonly path: RelativePath; readonly size: number };

/** No host's limit for a file is less: a smaller one that its words do not name is not what it means. */
const LEAST_LIMIT_BYTES = 1_000_000;

/** Finds the files that the hub means: those that its words name, else the largest, if it is large indeed. */
export function refusedFiles(unsent: readonly UnsentFile[], words: string): readonly UnsentFile[] {
  const files = unsent.toSorted((one, other) => other.size - one.size);
  const named = files.filter(({ path }) => isNamed(words, path));
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
