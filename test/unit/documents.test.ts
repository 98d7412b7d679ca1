import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DECISIONS = 'docs/decisions';

/** A path of ours in a document: `src/cli.ts`, `docs/decisions/`; one with `<…>` or `*` stands for many. */
const OUR_PATH = /`((?:src|test|scripts|docs|templates|bin|\.github|\.ci|\.husky)\/[\w./-]*)`/g;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const namedPaths = (text: string): readonly string[] => [...text.matchAll(OUR_PATH)].map((match) => match[1] ?? '');

const documents = [
  ...readdirSync(ROOT),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => join('docs', path)),
].filter((path) => path.endsWith('.md'));

describe.each(documents)('%s', (path) => {
  it('names no file of ours that is not there', () => {
    expect(namedPaths(read(path)).filter((named) => !existsSync(join(ROOT, named)))).toEqual([]);
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
