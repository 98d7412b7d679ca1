import { describe, expect, it } from 'vitest';
import { isForbiddenName } from '../../../src/mirror/changed-files.js';
import { parseChangesets } from '../../../src/mirror/changesets.js';
import { gitMessage, gitTime, quotePath } from '../../../src/mirror/commit-commands.js';

describe('the time of a commit', () => {
  it.each([
    [{ seconds: 1100000000, behindUtc: -7200 }, '1100000000 +0200'],
    [{ seconds: 1100000000, behindUtc: 18000 }, '1100000000 -0500'],
    [{ seconds: 1100000000, behindUtc: -20700 }, '1100000000 +0545'],
    [{ seconds: 1100000000, behindUtc: 12345 }, '1100000000 -0325'],
    [{ seconds: -5, behindUtc: 0 }, '0 +0000'],
    [{ seconds: 1, behindUtc: 1_000_000 }, '1 -1400'],
  ])('%j is %s', (time, expected) => {
    expect(gitTime(time)).toBe(expected);
  });
});

it('a message ends in a newline and has no NUL', () => {
  expect(gitMessage('a\0b').toString()).toBe('ab\n');
});

it('a path is quoted by its bytes', () => {
  expect(quotePath('dir/a-b_c.txt')).toBe('dir/a-b_c.txt');
  expect(quotePath(' a')).toBe('" a"');
  expect(quotePath('"é\udcff')).toBe('"\\042\\303\\251\\377"');
});

describe('a name that git cannot hold', () => {
  it.each([
    '.git/config',
    'a/.GIT/x',
    '.git',
    'git~1/x',
    'a/.git /x',
    '.g\u200cit'.replace('\u200c', ''),
    'a\\.git\\x',
    '.git::$INDEX',
  ])('%j is told', (path) => {
    expect(isForbiddenName(path)).toBe(true);
  });
  it.each(['.gitignore', 'a.git/x', '.github/x', 'git~10', 'digit', '.gitmodules'])('%j is none', (path) => {
    expect(isForbiddenName(path)).toBe(false);
  });
});

describe('what hg says of changesets', () => {
  const [node, one, none] = ['a'.repeat(40), 'b'.repeat(40), '0'.repeat(40)];
  const record = (user: string, description: string): Buffer =>
    Buffer.from(
      `${node}\0${one}\0${none}\0${'7 -3600'}\0${Buffer.byteLength(user)}\0${user}${Buffer.byteLength(description)}\0${description}`,
    );

  it('is read by its lengths, so that a text may hold anything', () => {
    const records = [record('ü <x>', 'a\0b\n'), record('', '12\0'), record('z', '')];
    expect(parseChangesets(Buffer.concat(records))).toMatchObject([
      { node, parents: [one], seconds: 7, behindUtc: -3600, user: 'ü <x>', description: 'a\0b\n' },
      { user: '', description: '12\0' },
      { user: 'z', description: '' },
    ]);
  });

  it('is not believed when it ends too early', () => {
    expect(() => parseChangesets(Buffer.from('abc'))).toThrow(/too early/);
  });
});
