import { describe, expect, it } from 'vitest';
import { nextTry } from '../../../src/engine/back-off.js';
import { NOTHING_DONE, type RepoReport } from '../../../src/model/report.js';

const MINUTE = 60_000;
const report = (part: Partial<RepoReport>): RepoReport => ({
  path: '/r',
  vcs: 'git',
  branch: 'main',
  ...NOTHING_DONE,
  verdict: 'attention',
  why: '',
  durationMs: 1,
  ...part,
});
const unavailable = (reason: 'auth' | 'offline' | 'timeout' | 'other'): RepoReport =>
  report({ fetch: { kind: 'unavailable', reason, why: '' } });

describe('the next try', () => {
  it.each([
    unavailable('offline'),
    unavailable('timeout'),
    report({ verdict: 'blocked' }),
    report({ verdict: 'synced' }),
  ])('is the next slot where nothing speaks against it', (found) => {
    expect(nextTry(found, { failures: 20, now: 0 })).toBeUndefined();
  });

  it.each([
    [0, 1],
    [1, 2],
    [3, 8],
    [6, 60],
    [1000, 60],
  ])('after %i failures that will not mend themselves is %i minutes away', (failures, minutes) => {
    expect(nextTry(unavailable('auth'), { failures, now: 5 })).toBe(5 + minutes * MINUTE);
  });

  it('is put off after a refusal, but not when another machine was merely first', () => {
    const rejected = (reason: 'hook' | 'moved'): RepoReport => report({ push: { kind: 'rejected', reason, why: '' } });
    expect(nextTry(rejected('hook'), { failures: 0, now: 0 })).toBe(MINUTE);
    expect(nextTry(rejected('moved'), { failures: 0, now: 0 })).toBeUndefined();
  });

  it('is put off after a failure', () => {
    expect(nextTry(report({ verdict: 'failed' }), { failures: 1, now: 0 })).toBe(2 * MINUTE);
  });
});
