import { printable } from '../../system/printable.js';
import { ELSEWHERE, missingAfterLag, type NotThere } from '../sent-elsewhere.js';
import { identify } from './hub.js';
import type { Repository } from './repository.js';
import type { Upstream } from './upstream.js';

/** Asks for a changeset where a hub is pulled from; undefined when it is there, else why it does not count as sent. */
export async function notWherePulled(
  repository: Repository,
  upstream: Upstream,
  id: string,
): Promise<NotThere | undefined> {
  if (!upstream.pushesElsewhere) return undefined;
  const name = printable(upstream.name);
  return await missingAfterLag(
    repository,
    async () => {
      const there = await identify(repository, upstream, id);
      return there.kind === 'unavailable' ? there : there.kind === 'found';
    },
    `what was sent is not where '${name}' is pulled from: ${name}:pushurl ${ELSEWHERE}; hg paths shows both URLs; the next run asks again`,
  );
}
