import type { Repository } from './repository.js';
import { parseStatus, type Status, statusArguments } from './status-parser.js';

/** Looks where something differs from the last commit; whole untracked folders are one entry, unless all are asked for. */
export async function readStatus(
  repository: Pick<Repository, 'git'>,
  untracked: 'normal' | 'all' = 'normal',
  indexFile?: string,
): Promise<Status> {
  const env = indexFile === undefined ? {} : { env: { GIT_INDEX_FILE: indexFile } };
  return parseStatus(await repository.git.output(statusArguments(untracked), env));
}
