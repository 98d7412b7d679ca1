import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorOf, parseAuthorMap } from '../../../src/mirror/author.js';

const none = new Map<string, string>();

describe('a Mercurial user as an author of git', () => {
  it.each([
    ['Ann Example <ann@example.invalid>', 'Ann Example', 'ann@example.invalid'],
    ['bob', 'bob', ''],
    ['carol@example.invalid', 'carol', 'carol@example.invalid'],
    ['Dan <dan', 'Dan', 'dan'],
    ['<only@example.invalid>', 'only@example.invalid', 'only@example.invalid'],
    ['x <y> <z>', 'x', 'y'],
    ['Eve <eve@example.invalid> (work)', 'Eve', 'eve@example.invalid'],
    ['', 'unknown', ''],
  ])('%j', (user, name, email) => {
    expect(authorOf(user, none)).toEqual({ name, email });
  });

  it('never has what would end a line or a field of git', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'<>\n\0\r ab@.') }), (user) => {
        const { name, email } = authorOf(user, none);
        expect(name + email).not.toMatch(/[<>\n\r\0]/);
        expect(name).not.toBe('');
      }),
    );
  });

  it('is the one that a person has named', () => {
    const map = parseAuthorMap('# people\n\nbob = Bob Example <bob@example.invalid>\r\na=b = A <a@example.invalid>\n');
    expect(authorOf('bob', map)).toEqual({ name: 'Bob Example', email: 'bob@example.invalid' });
    expect(authorOf('a=b', map)).toEqual({ name: 'A', email: 'a@example.invalid' });
    expect(authorOf('bobby', map)).toEqual({ name: 'bobby', email: '' });
  });
});

it('a line of an author map that is not understood is named', () => {
  expect(() => parseAuthorMap('bob = Bob <b@example.invalid>\nnonsense\n')).toThrow(/line 2 .*'nonsense'/);
});
