import type { Repository } from './repository.js';
import { STAGING_IN_TREE } from './staging-folder.js';
import { parseStatus, STATUS_ARGUMENTS, type StatusEntry } from './status-parser.js';

/** Looks where something differs from the last commit; what is ours, and git's own data beside hg's, is left out. */
export async function readStatus({ hg }: Pick<Repository, 'hg'>): Promise<readonly StatusEntry[]> {
  return parseStatus(await hg.output(STATUS_ARGUMENTS)).filter(({ path }) => !isMetadata(path));
}

/** Tells whether a path is ours, or git's own data beside hg's. */
export const isMetadata = (path: string): boolean =>
  /^\.git(\/|$)/i.test(path) || path === STAGING_IN_TREE || path.startsWith(`${STAGING_IN_TREE}/`);
