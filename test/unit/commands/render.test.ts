import { describe, expect, it } from 'vitest';
import { describeReport, table } from '../../../src/commands/render.js';
import { asRelative } from '../../../src/model/paths.js';
import { NOTHING_DONE } from '../../../src/model/report.js';

describe('a table', () => {
  it('is as wide as its widest cell, and ends its lines without blanks', () => {
    expect(
      table([
        ['a', 'long cell', 'x'],
        ['longer', 'b', ''],
      ]),
    ).toEqual(['a       long cell  x', 'longer  b']);
  });
});

describe('a report', () => {
  const base = { path: '/x/notes', vcs: 'git', branch: 'main', durationMs: 1, ...NOTHING_DONE } as const;

  it('shows names from elsewhere without what could steer a terminal', () => {
    const quarantined = [{ path: asRelative('a\u001b[2Jb\n'), reason: 'unreadable' }] as const;
    const lines = describeReport({ ...base, verdict: 'synced', why: '', quarantined });
    expect(lines[1]).toBe('  left out   a\\x1b[2Jb\\n (unreadable)');
  });

  it('says why, without the password in a URL', () => {
    const why = 'cannot reach https://me:secret@example.org/x';
    const [line] = describeReport({ ...base, verdict: 'offline', why });
    expect(line).toBe('/x/notes: offline — cannot reach https://example.org/x');
  });
});
