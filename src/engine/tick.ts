import { AutosyncError, errorMessage, isMachineError } from '../model/errors.js';
import { type Blocked, NOT_ASKED_FOR, type RemoteFailure } from '../model/outcome.js';
import { NOTHING_DONE, type RepoReport } from '../model/report.js';
import type { HubState } from '../vcs/vcs.js';
import { backUp } from './backup.js';
import { type Facts, factsOf, mergeFacts, NO_FACTS } from './facts.js';
import { follow } from './follow.js';
import { journeyIn } from './journey.js';
import { sendLeftBehind } from './left-behind.js';
import { pausedOutcome } from './paused-outcome.js';
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
  const found = await allRounds({ ...request, journey }, { ...NO_FACTS, healed }).finally(() => {
    if (!request.dryRun) journey.remember('run', clock.now());
  });
  const facts = await sendLeftBehind(request, found);
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
  const whys = new Set<string>();
  for (let round = 1; ; round += 1) {
    const state = await request.tree.inspect();
    request.journey.standsOn(state.branch, state.head);
    const { facts: found, next } = await oneRound({ ...request, state, facts });
    facts = { ...mergeFacts(facts, found), branch: state.branch };
    if (next === 'done') return facts;
    whys.add(found.why);
    if (round === MAX_ROUNDS) {
      const stuck = whys.size === 1 ? await stuckAt({ ...request, state, facts }, found) : {};
      return { ...facts, unfinished: true, ...stuck };
    }
    await request.clock.sleep(pauseMs(round, request.random));
  }
}

/** Where the same has kept the hub's work out in every round, it may do so in every run: our own does not wait for it. */
async function stuckAt(request: RoundRequest, { why, fetch }: Facts): Promise<Partial<Facts>> {
  if (why === '' || fetch.kind !== 'fetched') return {};
  return { isStuck: true, ...(fetch.relation === 'diverged' ? { push: await aside(request) } : {}) };
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
  if (commit.kind === 'refused') return over({ ...facts, ...(await asideWhereKept(request, head)) });
  if (!request.pull) return await sendAlone(request, { head, facts });
  const fetched = await tree.fetch({ ...state, head });
  if (fetched.kind === 'blocked') return over({ ...facts, blocked: fetched.blocked });
  if (fetched.kind === 'unavailable')
    return over({ ...facts, fetch: fetched, ...(await asideWhereShutOut(request, fetched.reason)) });
  const looked: Facts = { ...facts, ...factsOf(fetched.hub) };
  return await tidyAndIntegrate(request, { head, hub: fetched.hub, facts: looked });
}

/** Only now it is known what the hub has: before, a snapshot that seems unsent may have arrived all the same. */
async function tidyAndIntegrate(request: RoundRequest, known: Known): Promise<Round> {
  const { tree, state, settings, push, journey } = request;
  const { head, hub, facts } = known;
  if (settings.squashSeconds === 0 || head === undefined) return await integrate(request, known);
  const squashed = await tree.squash({ branch: state.branch, head, hub: hub.head, isPublishing: push });
  if (squashed.kind === 'changed-meanwhile') return { facts: { ...facts, why: squashed.why }, next: 'again' };
  if (squashed.head !== head) journey.isNowCalled(squashed.head);
  const { commit } = facts;
  const id = commit.id === head ? { id: squashed.head } : {};
  return await integrate(request, {
    head: squashed.head,
    hub: { ...hub, ahead: hub.ahead - squashed.squashed },
    facts: { ...facts, commit: { ...commit, ...id } },
  });
}

/** A snapshot that is not made: what can leave the machine without touching anything does. */
async function blockedSnapshot(
  request: RoundRequest,
  { blocked, quarantined }: { readonly blocked: Blocked; readonly quarantined: Facts['quarantined'] },
): Promise<Facts> {
  const facts = { ...NO_FACTS, blocked, quarantined };
  if (blocked.kind !== 'staged' || request.dryRun) return facts;
  return { ...facts, ...(await asideWhereKept(request, request.state.head)) };
}

/** Sets work aside that was not committed; what it stands on goes along, so nothing does where that was taken back. */
async function asideWhereKept(request: RoundRequest, head: string | undefined): Promise<Partial<Facts>> {
  return (await obstacleToSending(request, head)) ?? { push: await aside(request) };
}

/** Looks at the hub where nothing is to be brought in: what was taken back there is not sent again. */
async function obstacleToSending(
  { tree, state, push }: RoundRequest,
  head: string | undefined,
): Promise<Partial<Facts> | undefined> {
  if (!push) return undefined;
  const fetched = await tree.fetch({ ...state, head });
  if (fetched.kind === 'blocked') return { blocked: fetched.blocked };
  return fetched.kind === 'unavailable' ? { push: fetched } : undefined;
}

/** Sends what may not go on the branch to this machine's own branch, and says so. */
async function aside({ tree, state, settings, push }: RoundRequest): Promise<Facts['push']> {
  if (!push) return NOT_ASKED_FOR;
  const sent = await tree.publishAside(state.branch);
  if (sent.kind !== 'pushed' && sent.kind !== 'nothing-to-push') return sent;
  return { kind: 'not-attempted', why: `the work is safe on 'autosync/${settings.machine}/${state.branch}'` };
}

/** Sets commits of our own aside that cannot meet the hub's; where there are none there is nothing to set aside. */
const asideWhereApart = async (request: RoundRequest, { hub, facts }: Omit<Known, 'head'>): Promise<Facts['push']> =>
  hub.relation === 'diverged' ? await aside(request) : facts.push;

/** A hook that lets nothing in keeps the branch from meeting the hub's for as long as it will: our own does not wait for it. */
async function asideWhereShutOut(request: RoundRequest, reason: RemoteFailure): Promise<Partial<Facts>> {
  if (reason !== 'own-hook') return {};
  const unsent = (await request.tree.unpushed(request.state.branch)) ?? 0;
  return unsent === 0 ? {} : { push: await aside(request) };
}

type Known = { readonly head: string | undefined; readonly hub: HubState; readonly facts: Facts };

async function integrate(request: RoundRequest, { head, hub, facts }: Known): Promise<Round> {
  const { tree, state, settings } = request;
  const integrated = await tree.integrate({
    branch: state.branch,
    head,
    hub,
    policy: settings.conflict,
    mostCopies: settings.mostConflictCopies,
    quarantined: facts.quarantined,
    displace: true,
  });
  switch (integrated.kind) {
    case 'changed-meanwhile':
      return { facts: { ...facts, why: integrated.why }, next: 'again' };
    case 'blocked':
      return over({ ...facts, blocked: integrated.blocked, push: await asideWhereApart(request, { hub, facts }) });
    case 'paused': {
      const paused = pausedOutcome(integrated);
      return over({ ...facts, integrate: paused, push: await aside(request) });
    }
    case 'done':
      // Without a commit there is no name for it.
      if (integrated.head !== '') request.journey.standsOn(state.branch, integrated.head);
      return await send(request, { hub, facts: { ...facts, integrate: integrated.outcome } });
  }
}

/** Sends and brings nothing in: another machine's work on the hub makes the hub refuse it. */
async function sendAlone(request: RoundRequest, { head, facts }: Omit<Known, 'hub'>): Promise<Round> {
  const obstacle = await obstacleToSending(request, head);
  if (obstacle !== undefined) return over({ ...facts, ...obstacle });
  const unknown: HubState = { relation: 'ahead', head: undefined, ahead: 0, behind: 0 };
  const { facts: sent } = await send(request, { hub: unknown, facts });
  return over(sent);
}

const NOTHING_TO_PUSH: Facts['push'] = { kind: 'nothing-to-push' };

async function send(request: RoundRequest, { hub, facts }: Omit<Known, 'head'>): Promise<Round> {
  if (facts.integrate.kind === 'postponed') return over(facts);
  if (!request.push) return over({ ...facts, push: NOT_ASKED_FOR });
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
