import { describe, expect, it } from 'vitest';
import { isRuleFile, uniteRules } from '../../../src/vcs/unite-rules.js';

const lines = (...texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

describe('files of rules', () => {
  it('are those that say in any folder what is left out', () => {
    expect(['.gitignore', 'a/b/.gitignore', '.hgignore'].every(isRuleFile)).toBe(true);
    expect(['gitignore', '.gitattributes', '.gitignore/a', 'a.hgignore'].some(isRuleFile)).toBe(false);
  });
});

describe('two versions of rules', () => {
  const unite = (base: string | undefined, ours: string, theirs: string, path = '.gitignore'): string =>
    uniteRules(path, { base, ours, theirs });

  it('become one that has what either has added, each behind what it stood behind', () => {
    expect(unite(lines('a', 'z'), lines('a', 'ours', 'z'), lines('a', 'theirs', 'z'))).toBe(
      lines('a', 'ours', 'theirs', 'z'),
    );
  });

  it('need nothing in common', () => {
    expect(unite(undefined, lines('ours'), lines('theirs'))).toBe(lines('ours', 'theirs'));
  });

  it('lose a rule that the hub took out, and keep one that was taken out here', () => {
    expect(unite(lines('a', 'b'), lines('a', 'b', 'ours'), lines('b'))).toBe(lines('b', 'ours'));
    expect(unite(lines('a', 'b'), lines('b', 'ours'), lines('a', 'theirs'))).toBe(lines('ours', 'a', 'theirs'));
  });

  it('are not glued together where a last line has no end, and take line ends of DOS for the same', () => {
    expect(unite('a', 'a\nours', 'a\ntheirs')).toBe(lines('a', 'ours', 'theirs'));
    expect(unite(undefined, 'a\r\nours\r\n', 'a\n')).toBe('a\nours\r\n');
  });

  it('keep what hg makes of each line', () => {
    const united = unite(
      lines('syntax: glob', '*.o'),
      lines('syntax: glob', '*.o', 'syntax: regexp', '^ours$'),
      lines('syntax: glob', '*.o', '*.theirs'),
      '.hgignore',
    );
    expect(united).toBe(lines('syntax: glob', '*.o', 'syntax: regexp', '^ours$', 'syntax: glob', '*.theirs'));
    expect(unite('', lines('^ours$'), lines('syntax: glob', '*.theirs'), '.hgignore')).toBe(
      lines('^ours$', 'syntax: glob', '*.theirs'),
    );
  });

  it('are in git nothing but lines', () => {
    expect(unite('', lines('syntax: glob', 'ours'), lines('theirs'))).toBe(lines('syntax: glob', 'ours', 'theirs'));
  });

  it('may hold any byte', () => {
    expect(unite('', 'a\xff\n', 'b\x00\n')).toBe('a\xff\nb\x00\n');
  });
});
