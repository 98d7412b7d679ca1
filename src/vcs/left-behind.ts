import type { PushOutcome } from '../model/outcome.js';
import type { FetchResult, HubState, LeftBehind } from './vcs.js';

/** Adds to what a look at the hub has found what was left on other branches. */
export const withLeftBehind = (
  found: Extract<FetchResult, { kind: 'fetched' }>,
  left: readonly LeftBehind[],
): FetchResult => (left.length === 0 ? found : { ...found, hub: { ...found.hub, leftBehind: left } });

/**
 * Sends a branch that nobody stands on, as a look at it on the hub has found it. As with any other, what was taken back
 * there is not sent again; what needs a merge waits until the person is on it.
 */
export async function sendWhereAhead(
  found: FetchResult,
  send: (hub: HubState) => Promise<PushOutcome>,
): Promise<PushOutcome> {
  if (found.kind === 'unavailable') return found;
  if (found.kind === 'blocked') return { kind: 'not-attempted', why: `${found.blocked.kind} there` };
  const { relation } = found.hub;
  if (relation === 'diverged') return { kind: 'not-attempted', why: 'which has others there' };
  return relation === 'ahead' ? await send(found.hub) : { kind: 'nothing-to-push' };
}
