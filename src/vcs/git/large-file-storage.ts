import type { PushOutcome } from '../../model/outcome.js';
import type { RelativePath } from '../../model/paths.js';
import { isFolder, joinPath } from '../../system/files.js';
import { joinPaths, splitPaths } from '../../system/path-bytes.js';
import { networkOptions } from './network.js';
import { remoteFailure } from './remote-failure.js';
import type { Repository } from './repository.js';

/** A push whose large files have to be at the hub first. */
export type LargeFilePush = { readonly remote: string; readonly id: string; readonly ref: string };

/**
 * Sends what Git LFS keeps outside of the commits, as its `pre-push` hook would: our pushes run no hooks, and without
 * this the other machines would get pointers to files that are nowhere. Does nothing where LFS has nothing.
 */
export async function pushLargeFiles(
  repository: Repository,
  { remote, id, ref }: LargeFilePush,
): Promise<Extract<PushOutcome, { kind: 'unavailable' }> | undefined> {
  // Git LFS keeps here what it has taken out of commits; without the folder it has never done so.
  if (!isFolder(joinPath(repository.commonDir, 'lfs'))) return undefined;
  const url = await repository.git.run(['remote', 'get-url', '--push', remote]);
  const result = await repository.git.run(['lfs', 'pre-push', remote, url.stdout.toString('utf8').trim()], {
    ...(await networkOptions(repository)),
    input: `${ref} ${id} ${ref} ${'0'.repeat(id.length)}\n`,
  });
  if (result.exitCode === 0) return undefined;
  const missing = /'lfs' is not a git command/.test(result.stderr);
  if (!missing) return { kind: 'unavailable', ...remoteFailure(result) };
  return { kind: 'unavailable', reason: 'other', why: 'git-lfs is set up but not installed: install git-lfs' };
}

/** Returns which of some paths Git LFS keeps outside of the commits, where a pointer of some bytes stands for them. */
export async function keptOutside(
  repository: Repository,
  paths: readonly RelativePath[],
): Promise<readonly RelativePath[]> {
  if (paths.length === 0) return [];
  // Without a filter that must not fail git would take them whole, whatever .gitattributes says.
  const required = await repository.git.run(['config', '--type=bool', '--get', 'filter.lfs.required']);
  if (required.stdout.toString('utf8').trim() !== 'true') return [];
  const values = splitPaths(
    await repository.git.output(['check-attr', '-z', '--stdin', 'filter'], { input: joinPaths(paths) }),
  );
  // `<path> NUL <attribute> NUL <value> NUL`
  const kept = new Set(values.filter((_, at) => at % 3 === 0 && values[at + 2] === 'lfs'));
  return paths.filter((path) => kept.has(path));
}
