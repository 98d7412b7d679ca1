import { identity } from './identity.js';
import { once, type Repository } from './repository.js';

/** A commit to make in the object store. */
export type CommitRequest = {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
};

/** Makes a commit object, which nothing refers to yet; signed only where the settings say so. Returns its id. */
export async function commitTree(repository: Repository, { tree, parents, message }: CommitRequest): Promise<string> {
  const args = ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'];
  const signed = repository.settings.sign ? [...args, '-S'] : args;
  return await repository.git.text(signed, {
    input: message,
    env: await once(repository, 'identity', () => identity(repository)),
  });
}
