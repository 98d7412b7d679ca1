import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PathPatterns, selectPaths } from '../../../src/system/list-tree.js';

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

  it('may have names that fast-glob cannot write: newlines, backslashes, bytes that are no text', () => {
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
