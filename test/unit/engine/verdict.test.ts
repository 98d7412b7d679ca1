import { describe, expect, it } from 'vitest';
import { type Facts, mergeFacts, NO_FACTS } from '../../../src/engine/facts.js';
import { exitCode, judge } from '../../../src/engine/verdict.js';
import type { RemoteFailure } from '../../../src/model/outcome.js';
import { asRelative } from '../../../src/model/paths.js';
import type { RepoReport, Verdict } from '../../../src/model/report.js';

const GOOD: Facts = {
  ...NO_FACTS,
  branch: 'main',
  commit: { kind: 'clean', changes: [] },
  fetch: { kind: 'fetched', relation: 'equal' },
  integrate: { kind: 'up-to-date', files: 0, conflicts: [] },
  push: { kind: 'nothing-to-push' },
};
const unavailable = (reason: RemoteFailure): Facts['fetch'] & Facts['push'] => ({
  kind: 'unavailable',
  reason,
  why: 'words',
});
const path = asRelative('a.md');

const TABLE: readonly (readonly [string, Partial<Facts>, Verdict, RegExp])[] = [
  ['nothing to do', {}, 'synced', /^$/],
  ['all done', { commit: { kind: 'committed', changes: [] }, push: { kind: 'pushed', commits: 1 } }, 'synced', /^$/],
  [
    'a merge of the person',
    { blocked: { kind: 'merge', hint: 'git merge --abort' } },
    'blocked',
    /^merge: git merge --abort/,
  ],
  ['a refused commit', { commit: { kind: 'refused', why: 'no TODO', changes: [] } }, 'attention', /no TODO/],
  [
    'a refused commit whose work is safe',
    {
      commit: { kind: 'refused', why: 'no TODO', changes: [] },
      push: { kind: 'not-attempted', why: "the work is safe on 'x'" },
    },
    'attention',
    /no TODO; the work is safe on 'x'/,
  ],
  [
    'a conflict whose work is no longer on the hub',
    {
      integrate: { kind: 'paused', files: 0, conflicts: [{ path, kind: 'content' }] },
      push: { kind: 'not-attempted', why: "the work is no longer on the hub's 'x'" },
    },
    'conflict',
    /git merge.*; the work is no longer on the hub's 'x'$/,
  ],
  [
    'a conflict for a person',
    { integrate: { kind: 'paused', files: 0, conflicts: [{ path, kind: 'content' }] } },
    'conflict',
    /a\.md.*git merge/,
  ],
  ['offline', { fetch: unavailable('offline') }, 'offline', /words; the next run/],
  ['a hub that is slow', { fetch: unavailable('timeout') }, 'offline', /words/],
  ['wrong credentials', { fetch: unavailable('auth') }, 'attention', /words; keep the password/],
  ['a full disk on push', { push: unavailable('disk-full') }, 'attention', /free some space/],
  [
    'a hook of the hub',
    { push: { kind: 'rejected', reason: 'hook', why: 'no' } },
    'attention',
    /the hub refused the push: no/,
  ],
  ['another machine first', { push: { kind: 'rejected', reason: 'moved', why: 'no' } }, 'attention', /^not pushed/],
  [
    'no end of saves',
    { unfinished: true, why: "'a' changed meanwhile" },
    'attention',
    /'a' changed meanwhile; the next run/,
  ],
  [
    'no end of other machines',
    { unfinished: true, push: { kind: 'rejected', reason: 'moved', why: 'fetch first' } },
    'attention',
    /other machines were faster each time \(fetch first\)/,
  ],
  [
    'a file still written',
    { integrate: { kind: 'postponed', files: 0, conflicts: [], why: 'x' } },
    'attention',
    /x; the next/,
  ],
  ['no hub', { fetch: { kind: 'fetched', relation: 'no-upstream' } }, 'attention', /git remote add origin/],
  [
    'no push asked for',
    { push: { kind: 'not-attempted', why: 'not asked for' } },
    'attention',
    /not pushed: not asked for/,
  ],
  ['a save at the end', { uncommitted: ['b.md'] }, 'attention', /'b\.md' was saved while/],
  [
    'a dry run',
    { commit: { kind: 'skipped', changes: [] }, fetch: { kind: 'skipped' } },
    'skipped',
    /nothing was done/,
  ],
  ['no look at the hub', { fetch: { kind: 'skipped' } }, 'attention', /nothing was brought in from the hub/],
];

describe('the verdict', () => {
  it.each(TABLE)('on %s', (_what, facts, verdict, why) => {
    const judged = judge({ ...GOOD, ...facts }, 'git');
    expect(judged.verdict).toBe(verdict);
    expect(judged.why).toMatch(why);
  });

  it('says what to do in the words of the system', () => {
    const noHub: Facts = { ...GOOD, fetch: { kind: 'fetched', relation: 'no-upstream' } };
    expect(judge(noHub, 'hg').why).toContain('.hg/hgrc');
    expect(judge({ ...GOOD, fetch: unavailable('auth') }, 'hg').why).toContain('[auth] in ~/.hgrc');
    const paused: Facts = { ...GOOD, integrate: { kind: 'paused', files: 0, conflicts: [{ path, kind: 'content' }] } };
    expect(judge(paused, 'hg').why).toContain('hg merge');
  });

  it('is never synced without a word of why, unless it is synced', () => {
    for (const [, facts] of TABLE) {
      const { verdict, why } = judge({ ...GOOD, ...facts }, 'git');
      expect(verdict === 'synced').toBe(why === '');
    }
  });
});

describe('the exit code', () => {
  const report = (verdict: Verdict): Pick<RepoReport, 'verdict' | 'blocked'> => ({ verdict, blocked: null });
  const locked = { verdict: 'blocked', blocked: { kind: 'locked', hint: '' } } as const;
  it.each([
    [[], 0],
    [[report('synced'), report('paused')], 0],
    [[report('conflict')], 10],
    [[report('offline'), report('offline')], 12],
    [[locked], 11],
    [[report('blocked')], 1],
    [[report('synced'), report('offline')], 3],
    [[report('failed'), report('conflict')], 3],
  ])('of %j is %i', (reports, code) => {
    expect(exitCode(reports)).toBe(code);
  });
});

describe('the facts of two rounds', () => {
  it('keep what was committed, brought in and sent, and take the later look at everything else', () => {
    const change = { type: 'added', path } as const;
    const first: Facts = {
      ...GOOD,
      healed: ['x'],
      commit: { kind: 'committed', id: '1', changes: [change] },
      integrate: { kind: 'merged', files: 2, conflicts: [{ path, kind: 'content' }] },
      push: { kind: 'pushed', commits: 2 },
    };
    const both = mergeFacts(first, GOOD);
    expect(both).toEqual({ ...first, healed: ['x'] });
    const more = mergeFacts(first, { ...first, commit: { kind: 'committed', id: '2', changes: [change] } });
    expect(more.commit).toMatchObject({ id: '2', changes: [change, change] });
    expect(more.push).toEqual({ kind: 'pushed', commits: 4 });
    expect(more.integrate).toMatchObject({ files: 4, conflicts: [{ path }, { path }] });
  });

  it('never hide what went wrong in the later one behind what went well in the first', () => {
    const first: Facts = { ...GOOD, push: { kind: 'pushed', commits: 1 } };
    const later: Facts = { ...GOOD, fetch: unavailable('offline'), push: unavailable('offline') };
    expect(judge(mergeFacts(first, later), 'git').verdict).toBe('offline');
    const refused: Facts = { ...GOOD, commit: { kind: 'refused', why: 'no', changes: [] } };
    const committed: Facts = { ...GOOD, commit: { kind: 'committed', changes: [] } };
    expect(judge(mergeFacts(committed, refused), 'git').verdict).toBe('attention');
  });
});
