import { BY_HAND, wayToHub } from '../model/by-hand.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { RemoteFailure } from '../model/outcome.js';
import type { RepoReport, VcsKind, Verdict } from '../model/report.js';
import type { Facts } from './facts.js';

/** How a repository stands, and in one line what is missing and what to do. */
export type Judgement = { readonly verdict: Verdict; readonly why: string };

/** What time alone may mend; the rest of the failures needs a person. */
const PASSING: readonly RemoteFailure[] = ['offline', 'timeout'];

/** Judges a run by what was found and done: `synced` only when every look says so. */
export function judge(facts: Facts, vcs: VcsKind): Judgement {
  return (
    heldUp(facts, vcs) ??
    unreachable(facts, vcs) ??
    refusedByHub(facts) ??
    unfinished(facts, vcs) ??
    notTouched(facts) ?? { verdict: 'synced', why: '' }
  );
}

function heldUp({ blocked, commit, integrate, push }: Facts, vcs: VcsKind): Judgement | undefined {
  const kept = keptAside(push);
  if (blocked !== null) return { verdict: 'blocked', why: `${blocked.kind}: ${blocked.hint}${kept}` };
  if (commit.kind === 'refused')
    return { verdict: 'attention', why: `${commit.why ?? 'the commit was refused'}${kept}` };
  if (integrate.kind === 'paused') {
    if (integrate.why !== undefined) return { verdict: 'conflict', why: `nothing was merged: ${integrate.why}${kept}` };
    const paths = integrate.conflicts.map(({ path }) => path).join(', ');
    return { verdict: 'conflict', why: `both sides changed ${paths}; merge by hand: ${BY_HAND[vcs].merge}${kept}` };
  }
  return undefined;
}

/** Says whether our work is safe on this machine's own branch, or there no longer, or somewhere else. */
const keptAside = (push: Facts['push']): string =>
  push.kind === 'not-attempted' && /^(the work|what was sent) is /.test(push.why) ? `; ${push.why}` : '';

function unreachable({ fetch, push }: Facts, vcs: VcsKind): Judgement | undefined {
  for (const outcome of [fetch, push]) {
    if (outcome.kind !== 'unavailable') continue;
    const verdict = PASSING.includes(outcome.reason) ? 'offline' : 'attention';
    return { verdict, why: `${outcome.why}; ${wayToHub(vcs, outcome)}${keptAside(push)}` };
  }
  return undefined;
}

function refusedByHub({ push }: Facts): Judgement | undefined {
  if (push.kind !== 'rejected' || push.reason === 'moved') return undefined;
  return { verdict: 'attention', why: `the hub refused the push: ${push.why}` };
}

function unfinished(facts: Facts, vcs: VcsKind): Judgement | undefined {
  const { commit, fetch, integrate, push, uncommitted } = facts;
  if (facts.unfinished) {
    if (facts.isStuck) return { verdict: 'attention', why: `${facts.why}${keptAside(push)}; ${wayIn(facts, vcs)}` };
    const rejected = push.kind === 'rejected' ? `other machines were faster each time (${push.why})` : '';
    const why = rejected || facts.why || 'somebody was faster each time';
    return { verdict: 'attention', why: `${why}; the next run goes on` };
  }
  if (commit.kind === 'skipped' && fetch.kind === 'skipped') return { verdict: 'skipped', why: 'nothing was done' };
  if (integrate.kind === 'postponed')
    return { verdict: 'attention', why: `${integrate.why ?? ''}; the next run goes on` };
  if (fetch.kind === 'fetched' && fetch.relation === 'no-upstream') {
    return { verdict: 'attention', why: `there is no hub: ${BY_HAND[vcs].addHub}` };
  }
  if (push.kind === 'rejected') {
    return { verdict: 'attention', why: 'not pushed: another machine was first; the next run goes on' };
  }
  if (push.kind === 'not-attempted') return { verdict: 'attention', why: `not pushed: ${push.why}` };
  if (uncommitted.length > 0) {
    return {
      verdict: 'attention',
      why: `'${uncommitted[0]}' was saved while the run was ending; the next run takes it`,
    };
  }
  if (fetch.kind === 'skipped') return { verdict: 'attention', why: 'pushed, but nothing was brought in from the hub' };
  return undefined;
}

const notTouched = ({ leftAlone }: Facts): Judgement | undefined =>
  leftAlone === '' ? undefined : { verdict: 'attention', why: leftAlone };

function wayIn({ fetch }: Facts, vcs: VcsKind): string {
  const isBehind = fetch.kind === 'fetched' && fetch.relation === 'behind';
  const command = isBehind ? BY_HAND[vcs].catchUp : BY_HAND[vcs].merge;
  return `it was the same at every try: if the next run says so again, bring the hub's work in by hand: ${command}`;
}

const CODES: Readonly<Record<Verdict, ExitCode>> = {
  synced: EXIT.done,
  paused: EXIT.done,
  skipped: EXIT.done,
  conflict: EXIT.conflict,
  offline: EXIT.offline,
  blocked: EXIT.failed,
  attention: EXIT.failed,
  failed: EXIT.failed,
};

/** Returns the exit code of a run over some repositories: their common one, or 3 when only some of several failed. */
export function exitCode(reports: readonly Pick<RepoReport, 'verdict' | 'blocked'>[]): ExitCode {
  const codes = new Set(
    reports.map(({ verdict, blocked }) => (blocked?.kind === 'locked' ? EXIT.locked : CODES[verdict])),
  );
  const [only] = codes;
  if (only === undefined) return EXIT.done;
  return codes.size === 1 ? only : EXIT.someFailed;
}
