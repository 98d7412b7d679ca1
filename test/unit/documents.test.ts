import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { brokenCommandLines, commandLines } from '../support/command-lines.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DECISIONS = 'docs/decisions';

/** A path of ours in a document: `src/cli.ts`, `docs/decisions/`; one with `<…>` or `*` stands for many. */
const OUR_PATH = /`((?:src|test|scripts|docs|templates|bin|\.github|\.ci|\.husky)\/[\w./-]*)`/g;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const namedPaths = (text: string): readonly string[] => [...text.matchAll(OUR_PATH)].map((match) => match[1] ?? '');

/** Where a document's links lead, as they are written; those into the world outside are not ours to hold. */
const links = (text: string): readonly string[] =>
  [...text.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z]+:/.test(link));

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : relative(ROOT, join(ROOT, dirname(from), file));
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || anchors(read(target)).includes(anchor);
}

/** The anchors that a host makes of headings: lower case, blanks as dashes, no punctuation. */
const anchors = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

const documents = [
  ...readdirSync(ROOT),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => join('docs', path)),
].filter((path) => path.endsWith('.md'));

describe.each(documents)('%s', (path) => {
  it('names no file of ours that is not there', () => {
    expect(namedPaths(read(path)).filter((named) => !existsSync(join(ROOT, named)))).toEqual([]);
  });

  it('leads nowhere where nothing is', () => {
    expect(links(read(path)).filter((link) => !leadsSomewhere(path, link))).toEqual([]);
  });

  it('has no command line that autosync would not take', async () => {
    expect(await brokenCommandLines(commandLines(read(path)))).toEqual([]);
  });
});

describe.each(readdirSync(join(ROOT, DECISIONS)))('decision %s', (name) => {
  const text = read(join(DECISIONS, name));

  it('says why, what, what else and what follows, under the number that it has', () => {
    const titles = [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(titles).toEqual(['Context', 'Decision', 'Alternatives', 'Consequences', 'Held by']);
    expect(text).toMatch(new RegExp(`^# ${Number(name.slice(0, 4))}\\. `));
  });

  it('names a test that would fail if it were no longer so', () => {
    const heldBy = text.slice(text.indexOf('## Held by'));
    expect(namedPaths(heldBy)).toContainEqual(expect.stringMatching(/^test\/.+\.test\.ts$/));
  });
});

it('a link that leads nowhere, and a command line that is wrong, are found', async () => {
  expect(leadsSomewhere('README.md', 'docs/nowhere.md')).toBe(false);
  expect(leadsSomewhere('README.md', 'docs/moving.md#from-gitsync')).toBe(true);
  expect(leadsSomewhere('README.md', 'docs/moving.md#from-nowhere')).toBe(false);
  expect(commandLines(read('docs/quick-start.md'))).toContain('autosync install ~/notes --dry-run');
  expect(commandLines(read('docs/how-it-works.md'))).toContain('autosync snapshot');
  const lines = ['autosync frobnicate', 'autosync snapshot --frob', 'autosync mirror frob', 'autosync log -z'];
  expect(await brokenCommandLines(lines)).toEqual(lines);
  expect(
    await brokenCommandLines(['autosync snapshot --no-pull -m "a b"', 'autosync sync', 'autosync --help']),
  ).toEqual([]);
});
