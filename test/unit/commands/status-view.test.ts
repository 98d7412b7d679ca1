import { describe, expect, it } from 'vitest';
import type { StatusRow } from '../../../src/commands/status-row.js';
import { statusLines } from '../../../src/commands/status-view.js';
import { textWidth } from '../../../src/system/text-width.js';

const now = Date.parse('2026-11-20T12:00:00Z');

const row = (change: Partial<StatusRow>): StatusRow => ({
  path: '/srv/notes',
  vcs: 'git',
  branch: 'main',
  verdict: 'synced',
  why: '',
  lastRunAt: '2026-11-20T11:57:00.000Z',
  lastGoodRunAt: '2026-11-20T11:57:00.000Z',
  nextRunAt: '2026-11-20T12:02:00.000Z',
  pausedUntil: null,
  failures: 0,
  unpushed: 0,
  uncommitted: 0,
  conflicts: 0,
  quarantined: 0,
  leftOut: [],
  todo: null,
  ...change,
});

const shown = (rows: readonly StatusRow[], columns?: number): readonly string[] => statusLines(rows, { now, columns });

describe('the table of repositories', () => {
  it('has one line for each: what needs the person first, then the rest by name', () => {
    const lines = shown([
      row({ path: '/srv/b' }),
      row({ path: '/srv/a', verdict: 'offline', why: 'the network is away', lastGoodRunAt: '2026-11-19T14:02:00Z' }),
      row({ path: '/srv/z', verdict: 'attention', why: 'no', todo: 'git push', lastGoodRunAt: null, unpushed: 2 }),
      row({ path: '/srv/c', verdict: 'pending', uncommitted: 3, quarantined: 1, conflicts: 1 }),
      row({ path: '/srv/d', verdict: 'paused', pausedUntil: '2026-11-20T14:00:00.000Z', nextRunAt: null }),
    ]);
    expect(lines).toEqual([
      'repository  branch  verdict    last good run    next run  waiting',
      '/srv/z      main    attention  never            in 2 min  2 to push',
      '  → git push',
      '/srv/a      main    offline    yesterday 14:02  in 2 min',
      '  the network is away',
      '/srv/b      main    synced     3 min ago        in 2 min',
      '/srv/c      main    pending    3 min ago        in 2 min  1 conflict, 2 to commit, 1 left out',
      '/srv/d      main    paused     3 min ago        in 2 h',
      '5 repositories, 1 needs you',
    ]);
  });

  it('says what to do where nothing is installed', () => {
    expect(shown([])).toEqual(['no repository is installed; autosync install <repo>']);
  });

  it('stays in columns with wide names, and shows none that could steer the terminal', () => {
    const lines = shown([
      row({ path: '/srv/日本語' }),
      row({ path: '/srv/🎉' }),
      row({ path: '/srv/a\u001b[2J\u202eb\n', branch: 'x\ry', verdict: 'blocked', why: 'w', todo: 'a\nb\u0007' }),
    ]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u202e]/);
    const starts = lines
      .filter((line) => line.includes(' 3 min ago'))
      .map((line) => textWidth(line.slice(0, line.indexOf('3 min ago'))));
    expect(starts).toHaveLength(3);
    expect(new Set(starts).size).toBe(1);
  });

  const long = [
    row({ path: '/srv/a/very/long/path/that/goes/on/and/on/to/some/notes', conflicts: 12, quarantined: 345 }),
    row({ path: '/srv/b', branch: 'a-branch-with-a-name-that-is-much-too-long', uncommitted: 2 }),
  ];

  it.each([120, 80, 60, 40])('fits a terminal of %i columns', (columns) => {
    const lines = shown(long, columns);
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns);
    expect(lines.filter((line) => line.includes('synced'))).toHaveLength(2);
  });

  it('lets a narrow terminal do without the branch, then without the next run', () => {
    expect(shown(long, 100)[0]).not.toContain('branch');
    expect(shown(long, 100)[0]).toContain('next run');
    expect(shown(long, 60)[0]).not.toContain('next run');
  });

  it('leaves a command that is to be pasted whole', () => {
    const todo = `autosync install '/srv/${'x'.repeat(100)}'`;
    expect(shown([row({ verdict: 'blocked', todo })], 40)).toContain(`  → ${todo}`);
  });
});
