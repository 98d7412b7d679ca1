import { printable } from '../../system/printable.js';
import { ELSEWHERE, missingAfterLag, type NotThere } from '../sent-elsewhere.js';
import { listRemote } from './list-remote.js';
import { isAncestor } from './refs.js';
import type { Repository } from './repository.js';

/** Tells whether a remote is pushed to at other URLs alone than the one it is fetched from (`remote.<name>.pushurl`). */
export async function pushesElsewhere({ git }: Pick<Repository, 'git'>, remote: string): Promise<boolean> {
  const urls = async (...options: readonly string[]): Promise<readonly string[]> => {
    const asked = await git.run(['remote', 'get-url', ...options, '--', remote]);
    // A remote that has no name, but is a URL itself, has no other.
    return asked.exitCode === 0 ? asked.stdout.toString('utf8').trimEnd().split('\n') : [remote];
  };
  const [[fetched = remote], pushed] = await Promise.all([urls(), urls('--push', '--all')]);
  return !pushed.includes(fetched);
}

/** Asks for a commit where a remote is fetched from; undefined when it is there, else why it does not count as sent. */
export async function notWhereFetched(
  repository: Repository,
  { remote, id, ref }: { readonly remote: string; readonly id: string; readonly ref: string },
): Promise<NotThere | undefined> {
  const name = printable(remote);
  return await missingAfterLag(
    repository,
    async () => {
      const hub = await listRemote(repository, remote, { named: [ref] });
      if (hub.kind === 'unavailable') return hub;
      const there = hub.refs.get(ref);
      return there !== undefined && (await isAncestor(repository, id, there));
    },
    `what was sent is not where '${name}' is fetched from: remote.${name}.pushurl ${ELSEWHERE}; git remote -v shows both URLs, git config --unset-all remote.${name}.pushurl makes them one; the next run asks again`,
  );
}
