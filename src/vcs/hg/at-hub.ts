import { identify } from './hub.js';
import { memoryKey, readMemory, remember } from './hub-memory.js';
import { branchOf } from './push.js';
import type { Repository } from './repository.js';
import { isAncestor, isKnown, readPosition } from './revisions.js';
import { type Upstream, upstreamOf } from './upstream.js';

/** Asks the hub whether it has what the working tree stands on; a hub that does not answer is not known to. */
export async function isAtHub(repository: Repository): Promise<boolean> {
  const { head } = await readPosition(repository);
  const upstream = await upstreamOf(repository);
  if (head === undefined || 'why' in upstream) return true;
  if ((await identify(repository, upstream, head)).kind !== 'found') return false;
  await rememberHeld(repository, upstream, head);
  return true;
}

/** Remembers that the hub has a changeset, unless something newer of its branch is remembered. */
export async function rememberHeld(repository: Repository, upstream: Upstream, id: string): Promise<void> {
  const key = memoryKey(upstream, await branchOf(repository, id));
  const seen = readMemory(repository, key)?.head;
  if (seen === id) return;
  if (seen !== undefined && (await isKnown(repository, seen)) && !(await isAncestor(repository, seen, id))) return;
  remember(repository, key, { tip: id, head: id });
}
