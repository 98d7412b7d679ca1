import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { includesHooks, withHooks, withoutHooks } from '../../../src/hooks/hgrc.js';

/** Any bytes, and now and then what matters to us. */
const anyHgrc = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r\n', '\r', ' ', '[paths]', '%include autosync.rc', '%include ', '\u00ef\u00bb\u00bf'),
      fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) }),
    ),
  )
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

describe('the line in an hgrc', () => {
  it('comes and goes without a trace, whatever stands there', () => {
    fc.assert(
      fc.property(anyHgrc, (hgrc) => {
        fc.pre(!includesHooks(hgrc));
        const edited = withHooks(hgrc);
        expect(includesHooks(edited)).toBe(true);
        expect(withHooks(edited)).toEqual(edited);
        expect(withoutHooks(edited)).toEqual(hgrc);
      }),
    );
  });

  it.each(['%include autosync.rc.d', ' %include autosync.rc', '# %include autosync.rc', '%include  autosync.rc/x'])(
    'is not this one: %j',
    (line) => {
      expect(includesHooks(Buffer.from(`[ui]\n${line}\n`))).toBe(false);
    },
  );
});
