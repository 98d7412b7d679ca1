import { AutosyncError } from '../../model/errors.js';
import { asRelative } from '../../model/paths.js';
import { isFolder, joinPath } from '../../system/files.js';
import { printable } from '../../system/printable.js';
import { hgFailure } from './command.js';
import type { Repository } from './repository.js';
import { STAGING_IN_TREE } from './staging-folder.js';
import { parseStatus, STATUS_ARGUMENTS, type StatusEntry } from './status-parser.js';

/** Looks where something differs from the last commit; what is ours, and git's own data beside hg's, is left out. */
export async function readStatus({ hg, top }: Pick<Repository, 'hg' | 'top'>): Promise<readonly StatusEntry[]> {
  const result = await hg.run(STATUS_ARGUMENTS);
  const unlisted = [...result.stderr.matchAll(UNLISTED)].map(([, path = '']) => path);
  if (result.exitCode !== 0) throw hgFailure(STATUS_ARGUMENTS, result);
  // An empty path is the top: of all that is new there nothing is known.
  if (unlisted.includes('')) throw new AutosyncError('failed', `hg could not list '${printable(top)}'`);
  const folders = unlisted.filter((path) => isFolder(joinPath(top, path)));
  const entries = folders.map((path): StatusEntry => ({ letter: '?', path: asRelative(path), source: '' }));
  return [...parseStatus(result.stdout), ...entries].filter(({ path }) => !isMetadata(path));
}

/**
 * What hg says of a folder whose listing broke off, `<path>: <why>`: it then knows nothing of what is new there. Such a
 * folder is listed as if it were an unknown file, which otherwise no folder is.
 */
const UNLISTED = /^(.*): [A-Z][^:]*$/gm;

/** Tells whether a path is ours, or git's own data beside hg's. */
export const isMetadata = (path: string): boolean =>
  /^\.git(\/|$)/i.test(path) || path === STAGING_IN_TREE || path.startsWith(`${STAGING_IN_TREE}/`);
