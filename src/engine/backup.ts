import { type Facts, NO_FACTS } from './facts.js';
import { isPassing, over, type Round, type RoundRequest, snapshotRequest } from './round.js';
import { verify } from './verify.js';

/**
 * Makes a round of the mode `backup`: all that stands in the working tree goes to this machine's own branch on the hub;
 * the person's own branch, his index and his files are left as they are.
 */
export async function backUp(request: RoundRequest): Promise<Round> {
  const made = await request.tree.backUp({ ...snapshotRequest(request), push: request.push });
  if (made.kind === 'blocked') return over({ ...NO_FACTS, blocked: made.blocked, quarantined: made.quarantined });
  const { commit, quarantined, fetch, push } = made;
  const facts: Facts = { ...NO_FACTS, commit, quarantined, fetch, push };
  if (request.dryRun) return over(facts);
  if (push.kind === 'rejected' && isPassing(push.reason)) return { facts, next: 'again' };
  return await verify(request, facts);
}
