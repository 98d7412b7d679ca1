import type { PushOutcome } from '../../model/outcome.js';
import { printable } from '../../system/printable.js';
import { identify } from './hub.js';
import type { Repository } from './repository.js';
import type { Upstream } from './upstream.js';

/** Two seconds: so long a mirror may take to have what was sent to its source. */
const LAG_MS = 2_000;

/** Asks for a changeset where a hub is pulled from; undefined when it is there, else why it does not count as sent. */
export async function notWherePulled(
  repository: Repository,
  upstream: Upstream,
  id: string,
): Promise<Extract<PushOutcome, { kind: 'unavailable' | 'not-attempted' }> | undefined> {
  if (!upstream.pushesElsewhere) return undefined;
  for (const pause of [0, LAG_MS]) {
    await repository.sleep(pause);
    const there = await identify(repository, upstream, id);
    if (there.kind === 'unavailable') return there;
    if (there.kind === 'found') return undefined;
  }
  const name = printable(upstream.name);
  return {
    kind: 'not-attempted',
    why: `what was sent is not where '${name}' is pulled from: ${name}:pushurl leads to another repository, or to one whose mirror is slow; hg paths shows both URLs; the next run asks again`,
  };
}
