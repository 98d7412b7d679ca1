import type { AbsolutePath, RelativePath } from '../../model/paths.js';
import { lstatIfPresent, readIfPresent, readLink } from '../../system/files.js';
import { hashBlob, hashBlobFile } from '../../system/hash.js';
import { isForeignName } from '../../system/path-bytes.js';
import type { Content } from '../placement/plan.js';
import type { Repository } from './repository.js';

/**
 * Tells whether what stands at a place would be committed, under a path, as a content. The bytes are hashed here;
 * only where that does not match is git asked, whose filters and line endings may make the two equal all the same.
 */
export async function matchesContent(
  repository: Repository,
  path: RelativePath,
  at: AbsolutePath,
  content: Content,
): Promise<boolean> {
  const stats = lstatIfPresent(at);
  if (stats === undefined) return false;
  const format = repository.objectFormat;
  if (stats.isSymbolicLink()) return content.mode === '120000' && hashBlob(readLink(at), format) === content.id;
  if (!stats.isFile()) return false;
  // Where git makes no links, a link is a file that holds where it leads.
  if (content.mode === '120000')
    return blobId(at, format) === content.id && !(await keeps(repository, 'core.symlinks'));
  if (!content.mode.startsWith('100')) return false;
  const executable = (stats.mode & 0o100) !== 0;
  if (
    process.platform !== 'win32' &&
    executable !== (content.mode === '100755') &&
    (await keeps(repository, 'core.fileMode'))
  ) {
    return false;
  }
  if (blobId(at, format) === content.id) return true;
  return (await filteredId(repository, path, at)) === content.id;
}

function blobId(at: AbsolutePath, format: Repository['objectFormat']): string | undefined {
  try {
    return hashBlobFile(at, format);
  } catch {
    // Unreadable: whatever it is, it is not known to be the expected content.
    return undefined;
  }
}

async function filteredId(repository: Repository, path: RelativePath, at: AbsolutePath): Promise<string | undefined> {
  if (isForeignName(path)) return undefined;
  const input = readIfPresent(at);
  if (input === undefined) return undefined;
  const result = await repository.git.run(['hash-object', `--path=${path}`, '--stdin'], { input });
  return result.exitCode === 0 ? result.stdout.toString('utf8').trim() : undefined;
}

const FILE_SYSTEM = ['core.fileMode', 'core.symlinks'] as const;

const kept = new WeakMap<Repository, Promise<ReadonlyMap<string, string>>>();

/** Tells whether the repository's file system keeps the executable bit (`core.fileMode`), or links (`core.symlinks`). */
async function keeps(repository: Repository, key: (typeof FILE_SYSTEM)[number]): Promise<boolean> {
  const known = kept.get(repository);
  if (known !== undefined) return (await known).get(key) !== 'false';
  const asked = Promise.all(FILE_SYSTEM.map(async (one) => [one, await settingOf(repository, one)] as const)).then(
    (values) => new Map(values),
  );
  kept.set(repository, asked);
  return (await asked).get(key) !== 'false';
}

async function settingOf({ git }: Repository, key: string): Promise<string> {
  return (await git.run(['config', '--type=bool', key])).stdout.toString('utf8').trim();
}
