import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePath, encodePath, isForeignName, joinPaths, splitPaths } from '../../../src/system/path-bytes.js';

const bytes = fc.uint8Array({ minLength: 1 }).map((array) => array.filter((byte) => byte !== 0));

describe('a path', () => {
  it('survives the way from bytes to text and back, whatever its bytes', () => {
    fc.assert(
      fc.property(bytes, (path) => {
        expect(encodePath(decodePath(path))).toEqual(Buffer.from(path));
      }),
    );
  });

  it('is plain text where its bytes are UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodePath(Buffer.from(text))).toBe(text);
        expect(isForeignName(text)).toBe(false);
      }),
    );
  });

  it('says when its bytes are not UTF-8', () => {
    expect(isForeignName(decodePath(Uint8Array.of(0x61, 0xe9)))).toBe(true);
    expect(decodePath(Uint8Array.of(0x61, 0xe9))).toBe('a\udce9');
  });

  it('keeps an encoded surrogate, which is not UTF-8, apart from the byte that it would stand for', () => {
    const encoded = Uint8Array.of(0xed, 0xb3, 0xa9);
    expect(decodePath(encoded)).not.toBe(decodePath(Uint8Array.of(0xe9)));
    expect(encodePath(decodePath(encoded))).toEqual(Buffer.from(encoded));
  });

  it('comes back from a list that is joined and split', () => {
    fc.assert(
      fc.property(fc.array(bytes.filter((path) => path.length > 0)), (paths) => {
        const names = paths.map((path) => decodePath(path));
        expect(splitPaths(joinPaths(names))).toEqual(names);
      }),
    );
  });
});
