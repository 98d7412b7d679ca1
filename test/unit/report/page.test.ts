import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ReportFacts } from '../../../src/report/facts.js';
import { isReport, renderPage } from '../../../src/report/page.js';
import { readTemplate } from '../../../src/system/package.js';
import { HOSTILE, hostileRepo, NOW, repoFacts, reportFacts } from '../../support/report-facts.js';

const templates = { frame: readTemplate('report/page.html'), style: readTemplate('report/style.css') };
const page = (facts: ReportFacts): string => renderPage(facts, templates);

/** The tags of a page, each once, without what they say. */
const tags = (text: string): readonly string[] =>
  [...new Set([...text.matchAll(/<[/!]?([a-z]+)/gi)].map(([, name = '']) => name.toLowerCase()))].sort();

describe('the page', () => {
  it('is known again by its beginning, and nothing else is', () => {
    expect(isReport(page(reportFacts([])))).toBe(true);
    expect(isReport(`<!-- -->${page(reportFacts([]))}`)).toBe(false);
    expect(isReport('<!doctype html>\n<title>mine</title>')).toBe(false);
  });

  it('may load nothing, and have no other style than its own', () => {
    const text = page(reportFacts([repoFacts()]));
    const style = /<style>(.*)<\/style>/s.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(text).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(text).not.toMatch(/ style=| src=|<script|<link|@import|url\(|https?:/);
  });

  it('is the same for the same facts', () => {
    expect(page(reportFacts([repoFacts()]))).toBe(page(reportFacts([repoFacts()])));
  });

  it.each(HOSTILE)('takes %j for text, wherever it stands', (text) => {
    const plain = page(reportFacts([hostileRepo('plain')], { machine: 'plain', scheduler: 'plain', version: 'plain' }));
    const hostile = page(reportFacts([hostileRepo(text)], { machine: text, scheduler: text, version: text }));
    expect(tags(hostile)).toEqual(tags(plain));
    expect(hostile.match(/</g)?.length).toBe(plain.match(/</g)?.length);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
    expect(hostile).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/);
  });

  it('shows no password of a URL', () => {
    const why = 'cannot reach https://me:secret@example.org/x';
    expect(page(reportFacts([repoFacts({ verdict: 'attention', why, todo: why })]))).not.toContain('secret');
  });

  it('says first what needs the person, or that nothing does', () => {
    expect(page(reportFacts([repoFacts()]))).toContain('Nothing needs you');
    const text = page(
      reportFacts([repoFacts(), repoFacts({ path: '~/work', verdict: 'blocked', todo: 'git switch main' })]),
    );
    expect(text.indexOf('What needs you')).toBeLessThan(text.indexOf('Health'));
    expect(text).toMatch(/href="#repo-2">~\/work<\/a>\s*<p>git switch main/);
  });

  it('counts commits by machine and day, and troubles', () => {
    const at = NOW - 3_600_000;
    const commit = { id: 'a', at, machine: 'desk', author: 'Me', subject: 'Added a.md' };
    const text = page(
      reportFacts([
        repoFacts({
          commits: [commit, commit, { ...commit, machine: null, subject: 'By hand' }],
          incidents: [{ at, what: 'offline', detail: 'no network' }],
        }),
      ]),
    );
    expect(text).toContain('3 commits: 1 by hand, 2 by desk');
    expect(text).toMatch(/<th scope="row">desk<\/th>(<td><\/td>){30}<td class="level-4">2<\/td><td class="number">2</);
    expect(text).toMatch(/<th scope="row">trouble<\/th>(<td><\/td>){30}<td class="level-wrong">1</);
    expect(text).toContain('<summary>4 events, newest first</summary>');
  });

  it('shows both versions of a file with their lines, and why it does not', () => {
    const conflict = {
      path: 'a.md',
      copy: 'a (conflict desk 2026-11-20 1234567).md',
      machine: 'desk',
      day: '2026-11-20',
    };
    const text = page(
      reportFacts([
        repoFacts({
          conflicts: [
            { ...conflict, contents: { kind: 'text', kept: 'one\ntheirs\n', copy: 'one\n\tmine\n' } },
            { ...conflict, contents: { kind: 'text', kept: 'same\n', copy: 'same\n' } },
            { ...conflict, contents: { kind: 'text', kept: 'same\n', copy: 'same' } },
            { ...conflict, contents: { kind: 'not-shown', why: "'a.md' is no text" } },
          ],
        }),
      ]),
    );
    expect(text).toContain('<td class="text removed"><mark>theirs</mark></td>');
    expect(text).toContain('<td class="text added"><mark>\tmine</mark></td>');
    expect(text).toContain('Both versions are the same now');
    expect(text).toContain('They differ only in how the last line ends');
    expect(text).toContain('Not compared: &#39;a.md&#39; is no text');
  });
});

describe('a page about much', () => {
  const commits = Array.from({ length: 5000 }, (_, number) => ({
    id: `${number}`,
    at: NOW - number * 60_000,
    machine: `machine-${number % 3}`,
    author: 'Me',
    subject: `Modified ${'long/'.repeat(30)}${number}.md`,
  }));

  it('lists the newest of it, counts all, and says what it leaves out', () => {
    const text = page(reportFacts([repoFacts({ commits, isCut: true })]));
    expect(text).toContain('5000 commits and more');
    expect(text).toContain('and 4800 older ones');
    expect(text.length).toBeLessThan(200_000);
  });

  it('stays small with many repositories and conflicts', () => {
    const lines = Array.from({ length: 3000 }, (_, at) => `${at} ${'word '.repeat(100)}`);
    const contents = { kind: 'text', kept: '', copy: lines.join('\n') } as const;
    const conflict = { path: 'a', copy: 'b', machine: 'desk', day: '2026-11-20', contents };
    const conflicts = Array.from({ length: 100 }, () => conflict);
    const some = commits.slice(0, 500);
    const repos = Array.from({ length: 200 }, (_, at) =>
      repoFacts({ commits: some, conflicts: at === 0 ? conflicts : [] }),
    );
    const text = page(reportFacts(repos));
    expect(text).toContain('60 conflicts more, which this page leaves out');
    expect(text.length).toBeLessThan(15_000_000);
  });
});
