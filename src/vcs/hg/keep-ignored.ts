import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, readIfPresent, writeAtomically } from '../../system/files.js';
import { joinPaths, splitPaths } from '../../system/path-bytes.js';
import { includedPaths } from '../only-included.js';
import type { Displaced } from '../placement/place.js';
import { exactly } from './command.js';
import type { Repository } from './repository.js';

/** Beside our folder and not in it: what it hides stays hidden when autosync goes and comes back. */
const hiddenFile = ({ hgFolder }: Pick<Repository, 'hgFolder'>): AbsolutePath => joinPath(hgFolder, 'autosync-hidden');

/** Returns the copies of ignored files, which a snapshot must leave out as it would have left out what they are copies of. */
export const readHiddenCopies = (repository: Pick<Repository, 'hgFolder'>): ReadonlySet<string> =>
  new Set(splitPaths(readIfPresent(hiddenFile(repository)) ?? Buffer.alloc(0)));

/**
 * Keeps out of snapshots what the person had kept out of hg. A rule for `.env` does not match the name of its copy,
 * which the next run would then publish: whoever can push a `.env` would be sent everybody's own.
 */
export async function keepIgnored(repository: Repository, displaced: readonly Displaced[]): Promise<void> {
  if (displaced.length === 0) return;
  const paths = exactly(displaced.map(({ path }) => path));
  const list = async (which: '-i' | '-u'): Promise<readonly string[]> =>
    splitPaths(await repository.hg.output(['status', which, '-n', '-0', '--', ...paths]));
  const seen = await list('-u');
  const meant = new Set<string>(includedPaths(repository.settings, seen));
  const ignored = [...(await list('-i')), ...seen.filter((path) => !meant.has(path))];
  const included = new Set<string>(
    includedPaths(
      repository.settings,
      displaced.map(({ path }) => path),
    ),
  );
  const isIgnored = (path: string): boolean =>
    !included.has(path) || ignored.some((name) => name === path || name.startsWith(`${path}/`));
  const copies = displaced.filter(({ path }) => isIgnored(path));
  if (copies.length === 0) return;
  const names = copies.flatMap(({ path, copy }) => [copy, ...below(ignored, path, copy)]);
  writeAtomically(hiddenFile(repository), joinPaths([...new Set([...readHiddenCopies(repository), ...names])]));
}

/** Names the files of an ignored folder as they are called in its copy. */
const below = (ignored: readonly string[], path: string, copy: string): readonly string[] =>
  ignored.filter((name) => name.startsWith(`${path}/`)).map((name) => `${copy}${name.slice(path.length)}`);
