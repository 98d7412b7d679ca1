import { AutosyncError, errorMessage, isMachineError } from '../model/errors.js';
import type { Blocked } from '../model/outcome.js';
import { NOTHING_DONE, type RepoReport } from '../model/report.js';
import type { HubState } from '../vcs/vcs.js';
import { backUp } from './backup.js';
import { type Facts, mergeFacts, NO_FACTS } from './facts.js';
import { follow } from './follow.js';
import { journeyIn } from './journey.js';
import {
  type Following,
  isPassing,
  over,
  type Round,
  type RoundRequest,
  snapshotRequest,
  type TickRequest,
} from './round.js';
import { judge } from './verdict.js';
import { verify } from './verify.js';

/** Six: with a random pause between, even eight machines that push at once come through. */
const MAX_ROUNDS = 6;

/**
 * Makes one run: heal, look, commit, fetch, integrate, push, and again from the look when somebody saved meanwhile or
 * another machine was first; then looks whether all is as it says.
 */
export async function tick(request: TickRequest): Promise<RepoReport> {
  const { tree, clock } = request;
  const startedAt = clock.monotonic();
  const healed = request.dryRun ? [] : await tree.heal();
  if (!request.dryRun) tree.begin();
  const journey = journeyIn(tree);
  const facts = await allRounds({ ...request, journey }, { ...NO_FACTS, healed }).finally(() => {
    if (!request.dryRun) journey.remember('run', clock.now());
  });
  if (!request.dryRun) tree.end();
  const { verdict, why } = judge(facts, tree.vcs);
  const { blocked, commit, quarantined, fetch, integrate, push, branch } = facts;
  const durationMs = Math.round(clock.monotonic() - startedAt);
  const parts = { blocked, commit, quarantined, fetch, integrate, push, durationMs };
  return { path: tree.top, vcs: tree.vcs, branch, verdict, why, ...parts };
}

/** Makes rounds until one is done; damage that a failure speaks of is mended, once, and the rounds begin again. */
async function allRounds(request: Following, known: Facts): Promise<Facts> {
  try {
    return await rounds(request, known);
  } catch (error) {
    const mended = request.dryRun ? [] : await request.tree.mend(errorMessage(error));
    if (mended.length === 0) throw error;
    return await rounds(request, { ...known, healed: [...known.healed, ...mended] });
  }
}

async function rounds(request: Following, known: Facts): Promise<Facts> {
  let facts = known;
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const state = await request.tree.inspect();
    request.journey.standsOn(state.branch, state.head);
    const { facts: found, next } = await oneRound({ ...request, state, facts });
    facts = { ...mergeFacts(facts, found), branch: state.branch };
    if (next === 'done') break;
    facts = { ...facts, unfinished: round === MAX_ROUNDS };
    await request.clock.sleep(pauseMs(round, request.random));
  }
  return facts;
}

/** Full jitter, at most two seconds: the machine that lost must not meet the same one again. */
const pauseMs = (round: number, random: () => number): number => random() * Math.min(2000, 100 * 2 ** round);

async function oneRound(request: RoundRequest): Promise<Round> {
  const { state } = request;
  if (state.blocked !== undefined) return over({ ...NO_FACTS, blocked: state.blocked });
  if (request.settings.mode === 'backup') return await backUp(request);
  if (request.settings.mode === 'follow') return await follow(request);
  // Without a commit of its own the branch begins with what the hub has; an own beginning would never meet it.
  if (state.head === undefined && request.pull && !request.dryRun) return await adoptHub(request);
  return await commitAndExchange(request);
}

async function adoptHub(request: RoundRequest): Promise<Round> {
  const fetched = await request.tree.fetch(request.state);
  if (fetched.kind === 'fetched' && fetched.hub.head !== undefined) {
    const facts = { ...NO_FACTS, fetch: { kind: 'fetched', relation: fetched.hub.relation } } as const;
    const brought = await integrate(request, { head: undefined, hub: fetched.hub, facts });
    return brought.next === 'done' ? { ...brought, next: 'again' } : brought;
  }
  if (fetched.kind === 'unavailable') return over({ ...NO_FACTS, fetch: fetched });
  if (fetched.kind === 'blocked') return over({ ...NO_FACTS, blocked: fetched.blocked });
  return await commitAndExchange(request);
}

async function commitAndExchange(request: RoundRequest): Promise<Round> {
  const { tree, state } = request;
  const snapshot = await tree.snapshot(snapshotRequest(request));
  if (snapshot.kind === 'changed-meanwhile') return { facts: { ...NO_FACTS, why: snapshot.why }, next: 'again' };
  if (snapshot.kind === 'blocked') return over(await blockedSnapshot(request, snapshot));
  const { commit, quarantined, head } = snapshot;
  request.journey.standsOn(state.branch, head);
  const facts: Facts = { ...NO_FACTS, commit, quarantined };
  if (request.dryRun) return over(facts);
  if (commit.kind === 'refused') return over({ ...facts, push: await aside(request) });
  if (!request.pull) return await sendWithoutLooking(request, { head, facts });
  const fetched = await tree.fetch({ ...state, head });
  if (fetched.kind === 'blocked') return over({ ...facts, blocked: fetched.blocked });
  if (fetched.kind === 'unavailable') return over({ ...facts, fetch: fetched });
  const looked: Facts = { ...facts, fetch: { kind: 'fetched', relation: fetched.hub.relation } };
  return await integrate(request, { head, hub: fetched.hub, facts: looked });
}

/** A snapshot that is not made: what can leave the machine without touching anything does. */
async function blockedSnapshot(
  request: RoundRequest,
  { blocked, quarantined }: { readonly blocked: Blocked; readonly quarantined: Facts['quarantined'] },
): Promise<Facts> {
  const facts = { ...NO_FACTS, blocked, quarantined };
  return blocked.kind === 'staged' && !request.dryRun ? { ...facts, push: await aside(request) } : facts;
}

/** Sends what may not go on the branch to this machine's own branch, and says so. */
async function aside({ tree, state, settings, push }: RoundRequest): Promise<Facts['push']> {
  if (!push) return { kind: 'not-attempted', why: 'not asked for' };
  const sent = await tree.publishAside(state.branch);
  if (sent.kind !== 'pushed' && sent.kind !== 'nothing-to-push') return sent;
  return { kind: 'not-attempted', why: `the work is safe on 'autosync/${settings.machine}/${state.branch}'` };
}

type Known = { readonly head: string | undefined; readonly hub: HubState; readonly facts: Facts };

async function integrate(request: RoundRequest, { head, hub, facts }: Known): Promise<Round> {
  const { tree, state, settings } = request;
  const integrated = await tree.integrate({
    branch: state.branch,
    head,
    hub,
    policy: settings.conflict,
    quarantined: facts.quarantined,
    displace: true,
  });
  switch (integrated.kind) {
    case 'changed-meanwhile':
      return { facts: { ...facts, why: integrated.why }, next: 'again' };
    case 'blocked':
      return over({ ...facts, blocked: integrated.blocked });
    case 'paused': {
      const paused = { kind: 'paused', files: 0, conflicts: integrated.conflicts } as const;
      return over({ ...facts, integrate: paused, push: await aside(request) });
    }
    case 'done':
      // Without a commit there is no name for it.
      if (integrated.head !== '') request.journey.standsOn(state.branch, integrated.head);
      return await send(request, { hub, facts: { ...facts, integrate: integrated.outcome } });
  }
}

async function sendWithoutLooking(
  request: RoundRequest,
  { facts }: { facts: Facts; head: string | undefined },
): Promise<Round> {
  const unknown: HubState = { relation: 'ahead', head: undefined, ahead: 0, behind: 0 };
  const { facts: sent } = await send(request, { hub: unknown, facts });
  return over(sent);
}

const NOTHING_TO_PUSH: Facts['push'] = { kind: 'nothing-to-push' };

async function send(request: RoundRequest, { hub, facts }: Omit<Known, 'head'>): Promise<Round> {
  if (facts.integrate.kind === 'postponed') return over(facts);
  if (!request.push) return over({ ...facts, push: { kind: 'not-attempted', why: 'not asked for' } });
  const isAtHub = hub.relation === 'equal';
  const push = isAtHub ? NOTHING_TO_PUSH : await request.tree.push(request.state.branch, hub);
  if (push.kind === 'rejected' && isPassing(push.reason) && request.pull)
    return { facts: { ...facts, push }, next: 'again' };
  return await verify(request, { ...facts, push });
}

/** The report of a run that ended with an error: what failed, in its own words. */
export function failedReport(
  where: Pick<RepoReport, 'path' | 'vcs' | 'branch'>,
  error: unknown,
  durationMs = 0,
): RepoReport {
  const why = wordsFor(error);
  return { ...where, ...NOTHING_DONE, verdict: 'failed', why, durationMs };
}

function wordsFor(error: unknown): string {
  if (error instanceof AutosyncError) return [error.message, ...error.hints].join('; ');
  return isMachineError(error) ? errorMessage(error) : `internal error: ${String(error)}`;
}
