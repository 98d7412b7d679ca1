import { type Browser, type BrowserContextOptions, chromium, type Page, type Request } from 'playwright-core';
import { findProgram } from '../../scripts/steps/programs.js';

/** A page in a browser, and what it did besides being shown. */
export type Shown = {
  readonly page: Page;
  /** What the browser wrote to its console, and what went wrong in the page. */
  readonly complaints: readonly string[];
  /** The addresses that were asked for; what the page's own policy forbids never leaves the browser. */
  readonly requests: readonly string[];
};

/** No step of a browser takes longer, unless it hangs. */
const LIMIT_MS = 240_000;

/** Starts the machine's own Chromium, without a window. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findProgram('chromium') ?? 'chromium',
    // Root has no sandbox, and a container's /dev/shm is small.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    timeout: LIMIT_MS,
  });

/** Opens a file in a browser. */
export async function open(browser: Browser, file: string, options: BrowserContextOptions = {}): Promise<Shown> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(LIMIT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const note = (request: Request): void => {
    if (request.failure()?.errorText !== 'csp') requests.push(request.url());
  };
  page.on('requestfinished', note);
  page.on('requestfailed', note);
  await page.goto(`file://${file}`);
  return { page, complaints, requests };
}
