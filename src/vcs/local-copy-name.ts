import type { AbsolutePath } from '../model/paths.js';
import { lstatIfPresent } from '../system/files.js';
import { type HashAlgorithm, hashBlobFile, hashBytes } from '../system/hash.js';
import { conflictCopyName } from './conflict-copy.js';
import type { CopyName } from './placement/plan.js';

/** Whose copies are named, and how the content of a file is hashed; `now` returns milliseconds since 1970. */
export type Naming = {
  readonly machine: string;
  readonly now: () => number;
  readonly algorithm: HashAlgorithm;
};

/** Names the copies of files that are in no commit: they are this machine's, and as old as their last change. */
export function localCopyName({ machine, now, algorithm }: Naming): CopyName {
  return (path, at, isTaken) => {
    const stats = lstatIfPresent(at);
    const id = stats?.isFile() === true ? fileId(at, algorithm) : hashBytes(path, 'sha1');
    return conflictCopyName({ path, machine, at: stats?.mtimeMs ?? now(), id }, isTaken);
  };
}

function fileId(at: AbsolutePath, algorithm: HashAlgorithm): string {
  try {
    return hashBlobFile(at, algorithm);
  } catch {
    return hashBytes(at, algorithm);
  }
}
