import type { AbsolutePath } from '../../model/paths.js';
import { lstatIfPresent, readLink } from '../../system/files.js';
import { hashBytes, hashFile } from '../../system/hash.js';

/**
 * Returns what tells one state of a file or link from another: its kind, its permissions and the hash of its very
 * bytes; undefined where nothing of the kind can be read. It asks no version control system, whose rules for a path
 * (line ends, filters) may change in the very placement that is under way.
 */
export function fingerprint(path: AbsolutePath): string | undefined {
  const stats = lstatIfPresent(path);
  if (stats?.isSymbolicLink() === true) return `link ${hashBytes(readLink(path), 'sha256')}`;
  if (stats?.isFile() !== true) return undefined;
  try {
    return `${(stats.mode & 0o777).toString(8)} ${hashFile(path, 'sha256')}`;
  } catch {
    // Unreadable: whatever it is, it is not known to be what was expected.
    return undefined;
  }
}
