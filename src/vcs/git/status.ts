import { gitFailure } from './command.js';
import type { Repository } from './repository.js';
import { parseStatus, type Status, statusArguments } from './status-parser.js';

/** Looks where something differs from the last commit; whole untracked folders are one entry, unless all are asked for. */
export async function readStatus(
  repository: Pick<Repository, 'git'>,
  untracked: 'normal' | 'all' = 'normal',
  indexFile?: string,
): Promise<Status> {
  const args = statusArguments(untracked);
  const result = await repository.git.run(args, indexFile === undefined ? {} : { env: { GIT_INDEX_FILE: indexFile } });
  if (result.exitCode !== 0) throw gitFailure(args, result);
  return parseStatus(result.stdout, result.stderr);
}
