import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import glob from 'fast-glob';
import { describe, expect, it } from 'vitest';
import { isTreePattern } from '../../../src/store/setting-rules.js';
import { type PathPatterns, selectPaths } from '../../../src/system/path-patterns.js';

const PATHS = ['a.txt', 'b.log', 'build/out.js', 'docs/a.md', 'docs/deep/b.log', 'docs/deep/c.md', '.hidden/x'];
const select = (patterns: Partial<PathPatterns>, paths: readonly string[] = PATHS): readonly string[] =>
  paths.filter((path) => selectPaths(paths, { include: [], ignore: [], ...patterns }).has(path));

describe('the paths that patterns mean', () => {
  it('are all of them without a pattern', () => {
    expect(select({})).toEqual(PATHS);
  });

  it.each([
    ['*.log', ['b.log', 'docs/deep/b.log']],
    ['build', ['build/out.js']],
    ['build/', ['build/out.js']],
    ['/*.log', ['b.log']],
    ['docs/deep', ['docs/deep/b.log', 'docs/deep/c.md']],
    ['docs/**/*.md', ['docs/a.md', 'docs/deep/c.md']],
    ['docs/a.md', ['docs/a.md']],
    ['deep', ['docs/deep/b.log', 'docs/deep/c.md']],
    ['**', PATHS],
    ['?.txt', ['a.txt']],
    ['[ab].*', ['a.txt', 'b.log', 'docs/a.md', 'docs/deep/b.log']],
    ['.*', ['.hidden/x']],
    ['nothing', []],
  ])("with '%s' are the same whether it includes or leaves out", (pattern, meant) => {
    expect(select({ include: [pattern] })).toEqual(meant);
    expect(select({ ignore: [pattern] })).toEqual(PATHS.filter((path) => !meant.includes(path)));
  });

  it('are those included and not left out', () => {
    expect(select({ include: ['docs'], ignore: ['*.log'] })).toEqual(['docs/a.md', 'docs/deep/c.md']);
  });

  it('may have any name: newlines, backslashes, bytes that are no text', () => {
    const odd = ['a\nb.log', 'a\\b.log', 'a\udc80.log', '(x).log', '{a,b}.log', '!c.log', '[d].log', 'e f.log'];
    expect(select({ ignore: ['*.log'] }, odd)).toEqual([]);
    expect(select({ include: ['*.log'] }, odd)).toEqual(odd);
    expect(select({ ignore: ['*.txt'] }, odd)).toEqual(odd);
  });

  it('may be a folder and what is below it at once, as where a file became one', () => {
    expect(select({ ignore: ['y'] }, ['x', 'x/inner', 'y/inner'])).toEqual(['x', 'x/inner']);
  });

  it('is each path either way, whatever it is called', () => {
    const name = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/[/\0]|^\.\.?$/.test(text));
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 6 }), (paths) => {
        expect(select({ ignore: ['nothing-is-called-so'] }, paths)).toEqual(paths);
        expect(select({ include: ['**'] }, paths)).toEqual(paths);
        expect(select({ ignore: ['**'] }, paths)).toEqual([]);
      }),
    );
  });
});

describe('patterns that were made to keep a matcher busy', () => {
  it.each([
    ['many stars in many names', `${'*a*a*/'.repeat(40)}b`, `${'aaaaaaaa/'.repeat(300)}x`],
    ['many stars in one name', `${'*a'.repeat(100)}b`, 'a'.repeat(255)],
    ['many ways down', `${'**/a/'.repeat(40)}b`, `${'a/'.repeat(1500)}a`],
  ])('do not: %s', (_, pattern, path) => {
    const paths = Array.from({ length: 20 }, (_, n) => `${path}${n}`);
    expect(selectPaths(paths, { include: [], ignore: [pattern] }).size).toBe(20);
  });
});

const OPTIONS = { dot: true, onlyFiles: false, extglob: false, braceExpansion: false, suppressErrors: true } as const;

describe('a pattern', () => {
  it('means what it means to fast-glob, but that it takes a dot in front and ? for any letter everywhere', () => {
    const folder = mkdtempSync(join(tmpdir(), 'patterns-'));
    const paths = ['a', 'b', 'ab', 'c/a', 'c/ab', 'c/b/a', 'c/b/ab', 'd/c/a'];
    for (const path of paths) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), '');
    }
    const name = fc.array(fc.constantFrom('a', 'b', 'c', '*', '[ab]', '[a-b]'), {
      minLength: 1,
      maxLength: 3,
    });
    const part = fc.oneof(
      fc.constant('**'),
      name.map((tokens) => tokens.join('').replaceAll(/\*+/g, '*')),
    );
    const pattern = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => `${parts.join('/')}/[abc]*`);
    fc.assert(
      fc.property(pattern.filter(isTreePattern), (text) => {
        const listed = glob.sync(text, { ...OPTIONS, cwd: folder });
        const isListed = (path: string): boolean => listed.some((name) => path === name || path.startsWith(`${name}/`));
        expect(select({ include: [text] }, paths)).toEqual(paths.filter(isListed));
      }),
    );
    rmSync(folder, { recursive: true });
  });
});
