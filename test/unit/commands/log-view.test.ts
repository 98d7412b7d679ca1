import { describe, expect, it } from 'vitest';
import { type LogTimes, logLines } from '../../../src/commands/log-view.js';
import type { LogEntry } from '../../../src/store/log.js';
import { textWidth } from '../../../src/system/text-width.js';

const now = Date.parse('2026-11-20T12:00:00Z');
const entries: readonly LogEntry[] = [
  {
    at: '2026-11-19T14:02:00.123Z',
    repo: '/srv/notes',
    event: 'schedule',
    verdict: 'synced',
    commit: 'Added a.md\n\nAutosync-Machine: here',
    integrate: { kind: 'merged', files: 2, conflicts: [] },
    push: { kind: 'pushed', commits: 1 },
  },
  { at: '2026-11-20T11:57:00Z', repo: '/srv/日本語', event: 'hook', verdict: 'attention', why: 'no\u001b[2J', push: 7 },
  { at: 'noon\n', repo: '/srv/notes', event: 'notification', title: 'notes: a conflict' },
];

const shown = (times: LogTimes, columns?: number): readonly string[] => logLines(entries, { now, columns, times });

describe('the log', () => {
  it('tells in columns when, where, how it ended and what was done', () => {
    expect(shown('relative')).toEqual([
      'yesterday 14:02  /srv/notes   synced     Added a.md; 2 files came in; pushed 1 commit',
      '3 min ago        /srv/日本語  attention  no\\x1b[2J',
      'noon\\n           /srv/notes   told       notes: a conflict',
    ]);
  });

  it.each([
    ['utc', '2026-11-19 14:02:00Z  '],
    ['local', '2026-11-19 14:02  '],
  ] as const)('tells times as asked: %s', (times, start) => {
    expect(shown(times)[0]?.startsWith(start)).toBe(true);
  });

  it('gives a path no more than a third of a narrow terminal', () => {
    const [line = ''] = logLines([{ at: '', repo: `/srv/${'x'.repeat(60)}`, event: 'e' }], {
      now,
      columns: 60,
      times: 'utc',
    });
    expect(textWidth(line)).toBeLessThan(40);
  });
});
