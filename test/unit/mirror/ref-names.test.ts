import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gitName, nameGiver } from '../../../src/mirror/ref-names.js';

const nasty = fc.string({
  unit: fc.constantFrom(...'aB1/.~^:?*[\\ @{-\t\u007f\u0001\ud800é😀', '.lock', '..', '@{', 'HEAD', '//'),
  maxLength: 40,
});

const isAccepted = (name: string): boolean =>
  spawnSync('git', ['check-ref-format', `refs/heads/${name}`], { timeout: 10_000 }).status === 0;

describe('a name for git', () => {
  it('is the one that it was, where git can hold it', () => {
    for (const name of ['main', 'feature/ünï', 'v1.0', 'a-b_c', 'release/1.x']) expect(gitName(name)).toBe(name);
  });

  it('is like the one that it was, where git cannot', () => {
    expect(gitName('exp 1.0')).toBe('exp-1.0');
    expect(gitName('rel~1^2:x')).toBe('rel-1-2-x');
    expect(gitName('a..b')).toBe('a-b');
    expect(gitName('x.lock')).toBe('x-lock');
    expect(gitName('/.hidden//')).toBe('hidden');
    expect(gitName(' ')).toMatch(/^named-[0-9a-f]{8}$/);
    expect(gitName('é'.repeat(300))).toBe('é'.repeat(90));
  });

  it('is always one that git accepts', () => {
    fc.assert(
      fc.property(nasty, (name) => {
        expect([name, isAccepted(gitName(name))]).toEqual([name, true]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('names that are given away', () => {
  it('differ from each other, and none is a folder of another', () => {
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 12 }), (wanted) => {
        const give = nameGiver();
        const given = [...new Set(wanted)].map((name) => give(name).toLowerCase());
        expect(new Set(given).size).toBe(given.length);
        for (const one of given) expect(given.filter((other) => other.startsWith(`${one}/`))).toEqual([]);
      }),
    );
  });

  it('do not change for those who came first', () => {
    const give = nameGiver();
    expect(['feature/x', 'feature', 'exp 1', 'exp-1', 'Main', 'main'].map((name) => give(name))).toEqual([
      'feature/x',
      expect.stringMatching(/^feature-[0-9a-f]{8}$/),
      'exp-1',
      expect.stringMatching(/^exp-1-[0-9a-f]{8}$/),
      'Main',
      expect.stringMatching(/^main-[0-9a-f]{8}$/),
    ]);
  });
});
