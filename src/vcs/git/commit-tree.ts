import type { Environment } from '../../system/environment.js';
import { identity } from './identity.js';
import { once, type Repository } from './repository.js';

/** A commit to make in the object store. */
export type CommitRequest = {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  /** The time that it bears, in seconds since 1970; now, unless it is given. */
  readonly at?: number;
};

/** Makes a commit object, which nothing refers to yet; signed only where the settings say so. Returns its id. */
export async function commitTree(
  repository: Repository,
  { tree, parents, message, at }: CommitRequest,
): Promise<string> {
  const args = ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'];
  const signed = repository.settings.sign ? [...args, '-S'] : args;
  return await repository.git.text(signed, {
    input: message,
    env: {
      ...(await once(repository, 'identity', () => identity(repository))),
      ...(at === undefined ? {} : datedAt(at)),
    },
  });
}

const datedAt = (seconds: number): Environment => ({
  GIT_AUTHOR_DATE: `@${seconds} +0000`,
  GIT_COMMITTER_DATE: `@${seconds} +0000`,
});
