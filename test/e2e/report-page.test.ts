import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RepoFacts } from '../../src/report/facts.js';
import { renderPage } from '../../src/report/page.js';
import { readTemplate } from '../../src/system/package.js';
import { open, startBrowser } from '../support/browser.js';
import { needs } from '../support/needs.js';
import { HOSTILE, hostileRepo, NOW, repoFacts, reportFacts } from '../support/report-facts.js';

const VERDICTS = [
  'synced',
  'pending',
  'paused',
  'offline',
  'blocked',
  'conflict',
  'attention',
  'failed',
  'never-ran',
] as const;

/** As many commits of each day as make every shade of its table appear. */
const commits = Array.from({ length: 60 }, (_, at) => ({
  id: `${at}`,
  at: NOW - Math.floor(Math.sqrt(at)) * 86_400_000,
  machine: at % 2 === 0 ? 'desk' : 'laptop',
  author: 'Me',
  subject: `Modified ${at}.md`,
}));

const conflict = {
  path: 'plan.md',
  copy: 'plan (conflict desk 2026-11-20 1234567).md',
  machine: 'desk',
  day: '2026-11-20',
};
const lines = Array.from({ length: 12 }, (_, at) => `line ${at}\n`);
const contents = { kind: 'text', kept: `${lines.join('')}my cat\nx\n`, copy: `${lines.join('')}my dog\n` } as const;

const repos: readonly RepoFacts[] = [
  ...VERDICTS.map((verdict, at) =>
    repoFacts({
      path: `~/${verdict}`,
      verdict,
      todo: at > 3 ? 'do something' : null,
      commits,
      incidents: [{ at: NOW, what: verdict, detail: 'why' }],
      checks: [{ name: 'hooks', result: 'warning', detail: 'not in place', mend: 'autosync doctor --fix' }],
      quarantined: ['x (too-large)'],
      conflicts: at === 0 ? [{ ...conflict, contents }] : [],
    }),
  ),
  ...HOSTILE.map(hostileRepo),
];

/** The browser tells of what it has done by itself, a moment later than it answers. */
const PATIENTLY = { timeout: 60_000 };

describe.skipIf(!needs('chromium'))('the page in a browser', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'report-')), 'report.html');
  let browser: Browser;

  beforeAll(async () => {
    const templates = { frame: readTemplate('report/page.html'), style: readTemplate('report/style.css') };
    writeFileSync(file, renderPage(reportFacts(repos), templates));
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  /** What somebody who cannot see it, or cannot see it well, would stumble over. */
  async function barriers(page: Page): Promise<readonly string[]> {
    await page.evaluate(axe.source);
    const found: axe.AxeResults = await page.evaluate('axe.run()');
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  }

  const openDetails = (page: Page): Promise<void> =>
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true");

  it.each(['light', 'dark'] as const)(
    'asks for nothing, complains of nothing and has no barriers: %s',
    async (colorScheme) => {
      const { page, complaints, requests } = await open(browser, file, { colorScheme });
      await openDetails(page);
      expect(await barriers(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await expect.poll(() => requests, PATIENTLY).toEqual([`file://${file}`]);
      const ground = await page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
      expect(ground).toBe(colorScheme === 'light' ? 'rgb(246, 247, 249)' : 'rgb(16, 20, 26)');
    },
  );

  it.each([1280, 800, 360])('is never wider than a window of %i', async (width) => {
    const { page } = await open(browser, file, { viewport: { width, height: 800 } });
    await openDetails(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });

  it('lets nothing in that could load or run, also if somebody had got it into the page', async () => {
    const { page, complaints, requests } = await open(browser, file);
    await page.evaluate(
      "document.body.insertAdjacentHTML('beforeend', '<img src=http://127.0.0.1:1/x><p style=color:red>')",
    );
    await page.evaluate("document.body.append(Object.assign(document.createElement('script'), { text: 'alert(1)' }))");
    await expect.poll(() => complaints.length, PATIENTLY).toBeGreaterThan(0);
    expect(complaints.every((text) => text.includes('Content Security Policy'))).toBe(true);
    await expect.poll(() => requests, PATIENTLY).toEqual([`file://${file}`]);
  });

  it('can be used with a keyboard, and without scripts', async () => {
    const { page } = await open(browser, file, { javaScriptEnabled: false });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url(), PATIENTLY).toMatch(/#needs$/);
    const details = page.locator('details').first();
    await details.locator('summary').focus();
    await page.keyboard.press('Enter');
    expect(await details.locator('table').isVisible()).toBe(true);
    expect(await page.locator('h1').innerText()).toBe('autosync on laptop');
  });

  it('moves only for whoever likes that, and shows everything on paper', async () => {
    const { page } = await open(browser, file, { reducedMotion: 'reduce' });
    expect(await page.evaluate('getComputedStyle(document.documentElement).scrollBehavior')).toBe('auto');
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('details table').first().isVisible()).toBe(true);
  });
});
