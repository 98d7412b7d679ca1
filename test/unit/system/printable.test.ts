import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, redact } from '../../../src/system/printable.js';
import { isWellFormed } from '../../support/names.js';

describe('printable', () => {
  it.each([
    ['a\u001b[31mb', 'a\\x1b[31mb'],
    ['a\nb\tc', 'a\\nb\\tc'],
    ['\u202etxt.exe', '\\u{202e}txt.exe'],
    ['caf\udce9', 'caf\\xe9'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['grüße 👩‍👧', 'grüße 👩\\u{200d}👧'],
  ])('shows %j as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('leaves nothing that steers a terminal, and can be shown twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = printable(text);
        expect(shown).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
        expect(isWellFormed(shown)).toBe(true);
        expect(printable(shown)).toBe(shown);
      }),
    );
  });
});

describe('redact', () => {
  it.each([
    ['https://me:pa55@hub/x', 'https://hub/x'],
    ['https://token@hub/x', 'https://hub/x'],
    ['ssh://git@hub/x', 'ssh://hub/x'],
    ['https://hub/x?private_token=abc&y=1', 'https://hub/x?private_token=***&y=1'],
    ['Authorization: Bearer abc', 'Authorization: ***'],
    ['git@hub:x', 'git@hub:x'],
  ])('makes %j %j', (text, clean) => {
    expect(redact(text)).toBe(clean);
  });
});
