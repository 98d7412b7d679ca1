import { BY_HAND } from '../model/by-hand.js';
import { type Blocked, NOT_ASKED_FOR } from '../model/outcome.js';
import type { VcsKind } from '../model/report.js';
import type { HubState } from '../vcs/vcs.js';
import { type Facts, factsOf, NO_FACTS } from './facts.js';
import { isPassing, over, type Round, type RoundRequest } from './round.js';

/**
 * Makes a round of the mode `follow`: the person's own commits go to the hub, others' come in where his branch merely
 * lies behind. Nothing is committed, merged or moved aside: what would need it is left to him.
 */
export async function follow(request: RoundRequest): Promise<Round> {
  if (request.dryRun) return over(NO_FACTS);
  const fetched = await request.tree.fetch(request.state);
  if (fetched.kind === 'blocked') return over({ ...NO_FACTS, blocked: fetched.blocked });
  if (fetched.kind === 'unavailable') return over({ ...NO_FACTS, fetch: fetched });
  const { hub } = fetched;
  const facts: Facts = { ...NO_FACTS, ...factsOf(hub) };
  if (hub.relation === 'no-upstream') return over(facts);
  if (hub.relation === 'diverged') return over({ ...facts, blocked: diverged(request.tree.vcs, hub) });
  if (hub.relation === 'behind') return await fastForward(request, hub, facts);
  if (hub.relation === 'equal') return over({ ...facts, push: { kind: 'nothing-to-push' } });
  if (!request.push) return over({ ...facts, push: NOT_ASKED_FOR });
  const push = await request.tree.push(request.state.branch, hub);
  const again = push.kind === 'rejected' && isPassing(push.reason);
  return { facts: { ...facts, push }, next: again ? 'again' : 'done' };
}

async function fastForward(request: RoundRequest, hub: HubState, facts: Facts): Promise<Round> {
  const { tree, state, settings } = request;
  if (!request.pull) return over({ ...facts, push: { kind: 'not-attempted', why: 'the hub is ahead' } });
  const { branch, head } = state;
  const wish = { branch, head, hub, policy: 'pause', quarantined: [], displace: false } as const;
  const integrated = await tree.integrate({ ...wish, mostCopies: settings.mostConflictCopies });
  switch (integrated.kind) {
    case 'changed-meanwhile':
      return { facts: { ...facts, why: integrated.why }, next: 'again' };
    case 'blocked':
      return over({ ...facts, blocked: integrated.blocked });
    case 'paused':
      return over({ ...facts, blocked: diverged(tree.vcs, hub) });
    case 'done':
      return over({ ...facts, integrate: integrated.outcome, push: { kind: 'nothing-to-push' } });
  }
}

const diverged = (vcs: VcsKind, { ahead, behind }: HubState): Blocked => ({
  kind: 'diverged',
  hint: `this branch has ${ahead} commits that the hub does not have, and the hub ${behind} others; ${BY_HAND[vcs].merge}`,
});
