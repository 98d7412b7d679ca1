import { describe, expect, it } from 'vitest';
import { conflictNews, incomingNews, recoveredNews, troubleNews } from '../../../src/engine/news.js';
import type { Trouble } from '../../../src/engine/troubles.js';
import type { Conflict } from '../../../src/model/outcome.js';
import { asRelative } from '../../../src/model/paths.js';
import { NOTHING_DONE, type RepoReport } from '../../../src/model/report.js';

const report = (changes: Partial<RepoReport> = {}): RepoReport => ({
  ...NOTHING_DONE,
  path: '/home/ann/notes',
  vcs: 'git',
  branch: 'main',
  verdict: 'attention',
  why: '',
  durationMs: 1,
  ...changes,
});

const conflict = (path: string, kept?: string, copy?: string): Conflict => ({
  path: asRelative(path),
  kind: 'content',
  ...(kept === undefined ? {} : { kept: asRelative(kept) }),
  ...(copy === undefined ? {} : { copy: asRelative(copy) }),
});

const trouble: Trouble = { key: 'auth', event: 'attention', patience: 'none', title: 'the hub said no' };

describe('conflictNews', () => {
  it('names the file, where both versions are, and the command to run', () => {
    const { title, body, paths, repo } = conflictNews(report(), [
      conflict('work/a.md', 'work/a.md', 'work/a (conflict mill 2026-01-01 1234567).md'),
    ]);
    expect(title).toBe('notes: conflict in work/a.md');
    expect(body.split('\n')).toEqual([
      "'work/a.md' stays, the other version is 'a (conflict mill 2026-01-01 1234567).md'",
      'autosync status /home/ann/notes',
    ]);
    expect(paths).toEqual(['work/a.md']);
    expect(repo).toBe('/home/ann/notes');
  });

  it('names the first three of several and counts the rest', () => {
    const conflicts = ['a', 'b', 'c', 'd', 'e'].map((name) => conflict(name, name, `${name}-copy`));
    const { title, body, paths } = conflictNews(report({ why: 'look at them' }), conflicts);
    expect(title).toBe('notes: 5 conflicts');
    expect(body.split('\n').slice(2)).toEqual([
      "'c' stays, the other version is 'c-copy'",
      'and 2 more',
      'look at them',
      'autosync status /home/ann/notes',
    ]);
    expect(paths).toHaveLength(5);
  });

  it.each([
    [conflict('a'), "'a' was changed on both sides"],
    [conflict('a', 'a', ''), "'a' stays"],
    [conflict('a', '', 'b'), "'a' is now 'b'"],
    [conflict('a', 'a', 'other/b'), "'a' stays, the other version is 'other/b'"],
  ])('says what became of %j', (one, words) => {
    expect(conflictNews(report(), [one]).body.split('\n')[0]).toBe(words);
  });

  it('keeps the end of a long path', () => {
    const path = `${'folder/'.repeat(200)}the-file.md`;
    const { title, body } = conflictNews(report(), [conflict(path, path)]);
    expect([...title].length).toBeLessThanOrEqual(80);
    expect(title).toMatch(/….*the-file\.md$/);
    expect(body).toMatch(/^'….*the-file\.md' stays\n/);
  });
});

describe('a name or another program', () => {
  const hostile = 'a\nautosync uninstall --all\u001b[2J\u202e';

  it('cannot bring a line of its own', () => {
    const { title, body } = conflictNews(report({ why: hostile, path: `/home/${hostile}` }), [conflict(hostile)]);
    expect(title).not.toMatch(/\p{Cc}|\u202e/u);
    expect(body.split('\n')).toHaveLength(3);
    expect(body.split('\n').at(-1)).toBe('autosync status');
  });

  it('cannot bring a secret', () => {
    const why = "cannot reach 'https://ann:hunter2@hub.example/notes.git'";
    expect(troubleNews(report({ why }), trouble, 0).body).toContain("'https://hub.example/notes.git'");
  });
});

describe('troubleNews', () => {
  it('says what is wrong, why, how to mend it and where to look', () => {
    const blocked = { kind: 'branch-deleted', hint: 'git push origin HEAD:main' } as const;
    const { title, body, event } = troubleNews(report({ why: 'the hub has no main', blocked }), trouble, 0);
    expect(event).toBe('attention');
    expect(title).toBe('notes: the hub said no');
    expect(body).toBe('the hub has no main\ngit push origin HEAD:main\nautosync status /home/ann/notes');
  });

  it('says the same thing once', () => {
    const blocked = { kind: 'merge', hint: 'end the merge' } as const;
    expect(troubleNews(report({ why: 'end the merge', blocked }), trouble, 0).body.split('\n')).toHaveLength(2);
  });

  it.each([
    [1, '1 minute'],
    [89, '89 minutes'],
    [90, '1 hour'],
    [47 * 60, '47 hours'],
    [48 * 60, '2 days'],
  ])('says of what has lasted for %i minutes: %s', (minutes, words) => {
    const patient: Trouble = { ...trouble, patience: 'offline-hours' };
    expect(troubleNews(report(), patient, minutes * 60_000).title).toBe(`notes: the hub said no (${words})`);
  });

  it('offers a command without the path when the path could not be pasted', () => {
    const body = troubleNews(report({ path: "/home/ann's/my notes" }), trouble, 0).body;
    expect(body).toBe('autosync status');
  });
});

describe('good news', () => {
  it('says for how long something was wrong', () => {
    expect(recoveredNews(report(), 3 * 3_600_000).title).toBe('notes: in sync again after 3 hours');
  });

  it('counts the files that came in', () => {
    const integrate = { kind: 'merged', files: 1, conflicts: [] } as const;
    expect(incomingNews(report({ integrate })).title).toBe('notes: 1 file came in');
  });
});
