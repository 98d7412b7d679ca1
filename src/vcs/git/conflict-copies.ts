import { asRelative, type RelativePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent, readIfPresent } from '../../system/files.js';
import { decodePath, splitPaths } from '../../system/path-bytes.js';
import { liesInConflictCopy } from '../conflict-copy.js';
import type { Repository } from './repository.js';

/** Lists the paths in the tree that are, or lie in, conflict copies; those of ignored files are named in our rules. */
export async function conflictCopies(repository: Repository): Promise<readonly RelativePath[]> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = splitPaths(await repository.git.output(args));
  const paths = new Set([...listed, ...hiddenCopies(repository)].filter(liesInConflictCopy));
  return [...paths].map(asRelative).filter((path) => lstatIfPresent(joinPath(repository.top, path)) !== undefined);
}

/** Reads the rules that `keep-ignored.ts` has written: `/<path, escaped>` on a line. */
function hiddenCopies({ commonDir }: Pick<Repository, 'commonDir'>): readonly string[] {
  const bytes = readIfPresent(joinPath(commonDir, 'info', 'exclude'));
  if (bytes === undefined) return [];
  const rules = decodePath(bytes)
    .split('\n')
    .filter((line) => line.startsWith('/'));
  return rules.map((rule) => rule.slice(1).replaceAll(/\\([\s\S])/g, '$1'));
}
