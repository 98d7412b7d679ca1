import type { RepoFacts, ReportFacts } from '../../src/report/facts.js';

const DAY_MS = 24 * 3_600_000;

/** When the reports of the tests are made. */
export const NOW: number = Date.parse('2026-11-20T12:00:00Z');

/** Facts of a repository in which nothing happened and nothing is wrong, but for what a test says. */
export const repoFacts = (change: Partial<RepoFacts> = {}): RepoFacts => ({
  path: '~/notes',
  vcs: 'git',
  branch: 'main',
  verdict: 'synced',
  why: '',
  todo: null,
  lastGoodRunAt: NOW - 180_000,
  nextRunAt: NOW + 120_000,
  schedule: 'every 5m',
  failures: 0,
  unpushed: 0,
  uncommitted: 0,
  quarantined: [],
  checks: [],
  commits: [],
  isCut: false,
  incidents: [],
  conflicts: [],
  ...change,
});

/** Facts of a machine with some repositories. */
export const reportFacts = (repos: readonly RepoFacts[], change: Partial<ReportFacts> = {}): ReportFacts => ({
  version: '1.2.3',
  machine: 'laptop',
  generatedAt: NOW,
  since: NOW - 30 * DAY_MS,
  scheduler: 'systemd',
  checks: [],
  repos,
  ...change,
});

/** Texts that want to be something else than text. */
export const HOSTILE: readonly string[] = [
  '</script><script>alert(1)</script>',
  '</style><style>*{display:none}</style>',
  '<img src=http://example.invalid/x onerror=alert(1)>',
  '"><a href="javascript:alert(1)">',
  "' onmouseover='alert(1)",
  '<!-- --><!doctype html>',
  '{{style}}{{title}}',
  '$&$1$`',
  'a\u202egnp.exe',
  'a\u0000\u001b[2Jb\nc\r',
  '\ud800 \udcff',
  '&lt;b&gt;',
];

/** A repository in which every text is the same hostile one. */
export function hostileRepo(text: string): RepoFacts {
  const inLine = text.replaceAll('\n', '');
  return repoFacts({
    path: text,
    branch: text,
    verdict: 'attention',
    why: text,
    todo: text,
    schedule: text,
    quarantined: [text],
    checks: [{ name: text, result: 'error', detail: text, mend: text }],
    commits: [{ id: text, at: NOW, machine: text, author: text, subject: text }],
    incidents: [{ at: NOW, what: text, detail: text }],
    conflicts: [
      {
        path: text,
        copy: text,
        machine: text,
        day: text,
        contents: { kind: 'text', kept: inLine, copy: `${inLine}!` },
      },
      { path: text, copy: text, machine: text, day: text, contents: { kind: 'not-shown', why: text } },
    ],
  });
}
