import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWorkDir, splitWorkDir } from '../../../src/store/gitsync-file.js';

describe("GitSync's configuration", () => {
  it.each([
    ['[gitsync]\nwork_dir=/a, /b\n', '/a, /b'],
    ['# mine\n[other]\nwork_dir = /x\n\n[gitsync]\nwork_dir = /home/me/Notes\n', '/home/me/Notes'],
    ['[gitsync]\r\nWork_Dir : /a ; the notes\r\n', '/a'],
    ['[gitsync]\nwork_dir = /a,\n  /b,\n# not this: /x\n  /c\nother = 1\n', '/a,\n/b,\n/c'],
    ['[DEFAULT]\nwork_dir = /d\n[gitsync]\n', '/d'],
    ['[gitsync]\nwork_dir = /100%%/a=b\n', '/100%/a=b'],
    ['[gitsync]\n', undefined],
    ['work_dir = /a\n', undefined],
    ['', undefined],
  ])('%j has the list %j', (text, list) => {
    expect(readWorkDir(text)).toBe(list);
  });
});

describe('a list of paths', () => {
  const present = new Set(['/a', '/b', '/with blanks', '/with blanks/and more', '/a, b']);
  const exists = (path: string): boolean => present.has(path);

  it.each([
    ['/a, /b', ['/a', '/b']],
    ['/a /b', ['/a', '/b']],
    ['/a\t/b\n/gone', ['/a', '/b', '/gone']],
    ['/with blanks', ['/with blanks']],
    ['/a /with blanks/and more /b', ['/a', '/with blanks/and more', '/b']],
    ['/gone /with blanks, /b,,', ['/gone', '/with blanks', '/b']],
    ['', []],
    [' , ', []],
  ])('%j is %j', (value, paths) => {
    expect(splitWorkDir(value, exists)).toEqual(paths);
  });

  it('is what was joined with commas, whatever exists', () => {
    const path = fc.stringMatching(/^\/[a-z][a-z/]{0,8}$/);
    fc.assert(
      fc.property(fc.array(path), fc.boolean(), (paths, there) => {
        expect(splitWorkDir(paths.join(' , '), () => there)).toEqual(paths);
      }),
    );
  });
});
