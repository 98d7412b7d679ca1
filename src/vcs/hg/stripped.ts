import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, listNames, move, remove } from '../../system/files.js';
import { RESCUED } from '../rescued.js';
import { hgFailure } from './command.js';
import type { Repository } from './repository.js';

/**
 * What stood above a changeset that is stripped: hg takes it away too, and until it has put it back it is in a bundle
 * `strip-backup/*-temp.hg` of the tree in which it was stripped, and nowhere else (mercurial/repair.py).
 */
const TEMPORARY = /-temp\.hg$/;

/** Takes what a strip has not put back out of a working tree of ours that is to be removed. */
export function rescueStripped({ privateFolder }: Pick<Repository, 'privateFolder'>, top: AbsolutePath): void {
  const backups = joinPath(top, '.hg', 'strip-backup');
  for (const name of listNames(backups)) {
    if (TEMPORARY.test(name)) move(joinPath(backups, name), joinPath(privateFolder, `${RESCUED}${name}`));
  }
}

/** Puts back what a strip that was cut off has not. */
export async function putBackStripped(
  repository: Pick<Repository, 'hg' | 'privateFolder'>,
): Promise<readonly string[]> {
  const names = listNames(repository.privateFolder).filter((name) => name.startsWith(RESCUED) && TEMPORARY.test(name));
  const done: string[] = [];
  for (const name of names) done.push(await putBack(repository, joinPath(repository.privateFolder, name)));
  return done;
}

async function putBack({ hg }: Pick<Repository, 'hg'>, bundle: AbsolutePath): Promise<string> {
  // They are the person's own commits: no hook of his is asked again.
  const args = ['unbundle', '-q', '--config', 'autosync.guards=false', '--', bundle];
  const result = await hg.run(args);
  if (result.exitCode === 0) {
    remove(bundle);
    return 'put back what a strip that was cut off had taken away';
  }
  // Hg takes nothing away before the bundle is whole.
  if (!/stream ended unexpectedly|not a Mercurial bundle/.test(result.stderr)) throw hgFailure(args, result);
  move(bundle, bundle.replace(TEMPORARY, '-cut.hg'));
  return 'left a bundle alone that a strip had begun to write';
}
