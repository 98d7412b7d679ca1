import { buriedSubmodules } from './buried-submodules.js';
import { gitFailure } from './command.js';
import type { Repository } from './repository.js';
import { parseStatus, type Status, statusArguments } from './status-parser.js';

/** Looks where something differs from the last commit; whole untracked folders are one entry, unless all are asked for. */
export async function readStatus(
  repository: Pick<Repository, 'git' | 'top'>,
  untracked: 'normal' | 'all' = 'normal',
  indexFile?: string,
): Promise<Status> {
  const args = statusArguments(untracked);
  const result = await repository.git.run(args, indexFile === undefined ? {} : { env: { GIT_INDEX_FILE: indexFile } });
  if (result.exitCode !== 0) throw gitFailure(args, result);
  return await withBuried(repository, parseStatus(result.stdout, result.stderr));
}

/** Adds to what `git status` told the submodules of which it says nothing. */
export async function withBuried(repository: Pick<Repository, 'git' | 'top'>, status: Status): Promise<Status> {
  const buried = await buriedSubmodules(repository);
  if (buried.length === 0) return status;
  const known = new Set(status.tracked.map(({ path }) => path));
  return { ...status, tracked: [...status.tracked, ...buried.filter(({ path }) => !known.has(path))] };
}
