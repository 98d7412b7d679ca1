import type { PushOutcome } from '../../model/outcome.js';
import { printable } from '../../system/printable.js';
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

/** Two seconds: so long a mirror may take to have what was sent to its source. */
const LAG_MS = 2_000;

/** Asks for a commit where a remote is fetched from; undefined when it is there, else why it does not count as sent. */
export async function notWhereFetched(
  repository: Repository,
  { remote, id, ref }: { readonly remote: string; readonly id: string; readonly ref: string },
): Promise<Extract<PushOutcome, { kind: 'unavailable' | 'not-attempted' }> | undefined> {
  for (const pause of [0, LAG_MS]) {
    await repository.sleep(pause);
    const hub = await listRemote(repository, remote, { named: [ref] });
    if (hub.kind === 'unavailable') return hub;
    const there = hub.refs.get(ref);
    if (there !== undefined && (await isAncestor(repository, id, there))) return undefined;
  }
  const name = printable(remote);
  return {
    kind: 'not-attempted',
    why: `what was sent is not where '${name}' is fetched from: remote.${name}.pushurl leads to another repository, or to one whose mirror is slow; git remote -v shows both URLs, git config --unset-all remote.${name}.pushurl makes them one; the next run asks again`,
  };
}
