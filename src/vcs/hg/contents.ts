import type { AbsolutePath, RelativePath } from '../../model/paths.js';
import { lstatIfPresent, readLink } from '../../system/files.js';
import { hashBytes, hashFile } from '../../system/hash.js';
import { decodePath } from '../../system/path-bytes.js';
import type { Content } from '../placement/plan.js';
import { exactly } from './command.js';
import { FILE_STREAM_TEMPLATE, fileStream } from './file-stream.js';
import type { Repository } from './repository.js';

/** Names more files than hg is quick to match one by one; then all are asked for. */
export const MANY_FILES = 5000;

/** Returns files of a changeset, as they stand in a working tree, one after the other. */
export async function readFiles(
  { hg }: Pick<Repository, 'hg'>,
  changeset: string,
  paths: readonly RelativePath[],
  onFile: (path: RelativePath, data: Buffer) => void,
): Promise<void> {
  if (paths.length === 0) return;
  const onOutput = fileStream(({ path, data }) => onFile(decodePath(path) as RelativePath, data));
  await hg.output(['cat', '--decode', `--rev=${changeset}`, '-T', FILE_STREAM_TEMPLATE, '--', ...exactly(paths)], {
    onOutput,
  });
}

/** What some files of some changesets hold, as hashes; asked for once. */
export type Contents = {
  readonly load: (changeset: string, paths: readonly RelativePath[]) => Promise<void>;
  readonly matches: (path: RelativePath, at: AbsolutePath, content: Content) => Promise<boolean>;
};

/** Returns a reader of contents; a {@link Content} is named by its changeset, which with the path names the bytes. */
export function contentsOf(repository: Pick<Repository, 'hg'>): Contents {
  const known = new Map<string, string>();
  const load: Contents['load'] = (changeset, paths) =>
    readFiles(repository, changeset, paths, (path, data) => {
      known.set(`${changeset} ${path}`, hashBytes(data, 'sha256'));
    });
  const hashOf = async (changeset: string, path: RelativePath): Promise<string | undefined> => {
    const key = `${changeset} ${path}`;
    if (!known.has(key)) await load(changeset, [path]);
    return known.get(key);
  };
  return {
    load,
    matches: async (path, at, { id, mode }) => {
      const found = stateOf(at);
      return found !== undefined && found.mode === mode && found.hash === (await hashOf(id, path));
    },
  };
}

/** Returns git's mode and the hash of what stands at a place; undefined where nothing of the kind can be read. */
function stateOf(at: AbsolutePath): { readonly mode: string; readonly hash: string } | undefined {
  const stats = lstatIfPresent(at);
  if (stats?.isSymbolicLink() === true) return { mode: '120000', hash: hashBytes(readLink(at), 'sha256') };
  if (stats?.isFile() !== true) return undefined;
  try {
    const mode = (stats.mode & 0o100) === 0 ? '100644' : '100755';
    return { mode, hash: hashFile(at, 'sha256') };
  } catch {
    // Unreadable: whatever it is, it is not known to be the expected content.
    return undefined;
  }
}
