import type { RelativePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent, readIfPresent, writeAtomically } from '../../system/files.js';
import { fingerprint } from '../placement/fingerprint.js';
import type { TreeDifference } from '../placement/plan.js';
import { exactly } from './command.js';
import { type Contents, MANY_FILES } from './contents.js';
import { doubtedDirstate, parseDirstate, renderDirstate } from './dirstate.js';
import type { Repository } from './repository.js';
import { parseStatus, STATUS_ARGUMENTS } from './status-parser.js';
import { withWorkingTreeLock } from './working-tree-lock.js';

/** Files that are to leave, as a changeset is said to hold them, and what that holds. */
export type FreshLook = {
  readonly from: string;
  /** Those that the snapshot has taken, as far as hg said that there was anything to take. */
  readonly leaving: readonly TreeDifference[];
  readonly contents: Contents;
};

/**
 * Returns a question about files that are not the bytes of their commit: whether hg calls them unchanged all the same,
 * when it has to read them. It does where the person's own filters hide the difference (line ends, keywords); where
 * only size and time did, it now sees a change, which the next snapshot takes.
 */
export function lookingAfresh(repository: Repository, look: FreshLook): Contents['matches'] {
  let prints: Promise<ReadonlyMap<RelativePath, string>> | undefined;
  return async (path, at, content) => {
    if (await look.contents.matches(path, at, content)) return true;
    if (content.id !== look.from || !look.leaving.some((one) => one.path === path)) return false;
    // Once for all of them: each look writes the dirstate.
    prints ??= unchangedPrints(repository, look);
    const print = (await prints).get(path);
    return print !== undefined && print === fingerprint(at);
  };
}

/** Returns the fingerprints of files that differ from their commit, taken before hg called them unchanged. */
async function unchangedPrints(
  repository: Repository,
  { from, leaving, contents }: FreshLook,
): Promise<ReadonlyMap<RelativePath, string>> {
  const prints = new Map<RelativePath, string>();
  for (const { path, old } of leaving) {
    const at = joinPath(repository.top, path);
    const print = fingerprint(at);
    if (old === undefined || print === undefined || (await contents.matches(path, at, old))) continue;
    prints.set(path, print);
  }
  const paths = [...prints.keys()];
  const known = await withWorkingTreeLock(repository, [], async () => doubt(repository, from, paths));
  const changed = new Set(await changedOf(repository, known));
  return new Map([...prints].filter(([path]) => known.includes(path) && !changed.has(path)));
}

async function changedOf({ hg }: Repository, paths: readonly RelativePath[]): Promise<readonly RelativePath[]> {
  if (paths.length === 0) return [];
  const wanted = paths.length > MANY_FILES ? [] : exactly(paths);
  return parseStatus(await hg.output([...STATUS_ARGUMENTS, '--', ...wanted])).map(({ path }) => path);
}

/** Makes hg read files the next time it looks; returns those that it knows, where it stands on the changeset. */
function doubt(repository: Repository, from: string, paths: readonly RelativePath[]): readonly RelativePath[] {
  const file = joinPath(repository.hgFolder, 'dirstate');
  const bytes = readIfPresent(file);
  const dirstate = bytes && parseDirstate(bytes);
  if (dirstate?.first !== from) return [];
  const { doubted, known } = doubtedDirstate(dirstate, paths);
  writeAtomically(file, renderDirstate(doubted), (lstatIfPresent(file)?.mode ?? 0o644) & 0o777);
  return known;
}
