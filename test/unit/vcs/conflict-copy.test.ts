import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asRelative } from '../../../src/model/paths.js';
import { conflictCopyName, copyAround, parseConflictCopy } from '../../../src/vcs/conflict-copy.js';
import { isWellFormed } from '../../support/names.js';

const DAY = Date.UTC(2026, 10, 20, 23, 59);
const copy = (path: string, machine = 'laptop', at = DAY): string =>
  conflictCopyName({ path: asRelative(path), machine, at, id: '0123456789abcdef' });

describe('conflictCopyName', () => {
  it.each([
    ['notes/a.md', 'notes/a (conflict laptop 2026-11-20 0123456).md'],
    ['README', 'README (conflict laptop 2026-11-20 0123456)'],
    ['.env', '.env (conflict laptop 2026-11-20 0123456)'],
    ['a.tar.gz', 'a.tar (conflict laptop 2026-11-20 0123456).gz'],
    ['x.d/file', 'x.d/file (conflict laptop 2026-11-20 0123456)'],
  ])('of %s is %s', (path, name) => {
    expect(copy(path)).toBe(name);
  });

  it('takes a number when the name is taken', () => {
    const taken = new Set([copy('a.md'), 'a (conflict laptop 2026-11-20 0123456 2).md']);
    const about = { path: asRelative('a.md'), machine: 'laptop', at: DAY, id: '0123456789abcdef' };
    expect(conflictCopyName(about, (name) => taken.has(name))).toBe('a (conflict laptop 2026-11-20 0123456 3).md');
  });

  it.each([Number.NaN, 1e30, -1e30, 8.64e15])('survives a time that no calendar has: %d', (at) => {
    expect(copy('a.md', 'laptop', at)).toBe('a (conflict laptop 1970-01-01 0123456).md');
  });

  it('is a name that every file system can hold, in the same folder, whoever wrote the commit', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 250 }).filter((text) => /^[^/\0]+$/.test(text));
    fc.assert(
      fc.property(part, fc.string({ unit: 'binary' }), fc.integer(), (name, machine, at) => {
        fc.pre(name !== '.' && name !== '..' && Buffer.byteLength(name) <= 255);
        const found = copy(`folder/${name}`, machine, at);
        const parts = found.split('/');
        expect(parts).toHaveLength(2);
        expect(parts[0]).toBe('folder');
        expect(Buffer.byteLength(parts[1] ?? '')).toBeLessThanOrEqual(255);
        expect(found).not.toContain('\0');
        expect(isWellFormed(found)).toBe(true);
      }),
    );
  });

  it('never cuts a character of the name in two', () => {
    expect(isWellFormed(copy(`${'👩'.repeat(63)}.md`))).toBe(true);
  });
});

describe('parseConflictCopy', () => {
  it('reads back what a name was made of', () => {
    const part = fc.stringMatching(/^[\w .()-]{1,40}$/).filter((text) => text !== '.' && text !== '..');
    const machine = fc.stringMatching(/^[A-Za-z0-9._ -]{1,30}$/);
    fc.assert(
      fc.property(part, machine, (name, who) => {
        expect(parseConflictCopy(copy(`folder/${name}`, who))).toEqual({
          path: `folder/${name}`,
          machine: who,
          day: '2026-11-20',
        });
      }),
    );
  });

  it('reads the last mark of a copy of a copy, and one with a number', () => {
    const first = copy('a.md');
    expect(parseConflictCopy(copy(first, 'desktop'))).toMatchObject({ path: first, machine: 'desktop' });
    expect(parseConflictCopy('a (conflict laptop 2026-11-20 0123456 2).md')).toMatchObject({ path: 'a.md' });
    expect(parseConflictCopy('new\nline (conflict laptop 2026-11-20 0123456)')).toMatchObject({ path: 'new\nline' });
  });

  it.each([
    'a.md',
    'a (conflict).md',
    'a (conflict laptop 2026-11-20 012345).md',
    'a (conflict laptop 20261120 0123456).md',
    '(conflict laptop 2026-11-20 0123456)',
    ' (conflict laptop 2026-11-20 0123456)',
    '. (conflict laptop 2026-11-20 0123456)',
    'folder (conflict laptop 2026-11-20 0123456)/inside.md',
    ...['.git', '.Hg', '.g\u200cit', 'git~1', 'hg~2', '.git. '].map((name) => copy(name)),
  ])("takes '%s' for no copy", (name) => {
    expect(parseConflictCopy(name)).toBe(undefined);
  });

  it('finds the copy that a path lies in', () => {
    const folder = 'x/folder (conflict laptop 2026-11-20 0123456)';
    expect(copyAround(`${folder}/deep/inside.md`)).toBe(folder);
    expect(copyAround('x/folder/inside.md')).toBe(undefined);
  });
});
