import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_DIRSTATE, movedDirstate, parseDirstate, renderDirstate } from '../../../../src/vcs/hg/dirstate.js';

const NEXT = 'ab'.repeat(20);

/** A record as hg writes it. */
function record(state: string, path: string): Buffer {
  const name = Buffer.from(path, 'latin1');
  const head = Buffer.alloc(17);
  head.write(state, 'latin1');
  head.writeInt32BE(0o644, 1);
  head.writeInt32BE(7, 5);
  head.writeInt32BE(1_700_000_000, 9);
  head.writeInt32BE(name.length, 13);
  return Buffer.concat([head, name]);
}

const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\xe4', ' '), minLength: 1, maxLength: 8 });
const records = fc.uniqueArray(fc.record({ state: fc.constantFrom('n', 'a', 'r', 'm'), name }), {
  selector: (one) => one.name,
  maxLength: 10,
});

const bytesOf = (entries: readonly { readonly state: string; readonly name: string }[]): Buffer =>
  Buffer.concat([Buffer.alloc(40, 1), ...entries.map((entry) => record(entry.state, entry.name))]);

describe('a dirstate', () => {
  it('is written as it was read', () => {
    fc.assert(
      fc.property(records, (entries) => {
        const parsed = parseDirstate(bytesOf(entries));
        expect(parsed && renderDirstate(parsed)).toEqual(bytesOf(entries));
      }),
    );
  });

  it('cut off anywhere is not taken for a shorter one, but between two records', () => {
    const whole = bytesOf([
      { state: 'n', name: 'a.txt' },
      { state: 'a', name: 'b.txt' },
    ]);
    const ends = Array.from({ length: whole.length }, (_, end) => end).filter(
      (end) => parseDirstate(whole.subarray(0, end)) !== undefined,
    );
    expect(ends).toEqual([40, 62]);
  });

  it('of another form is not read', () => {
    expect(parseDirstate(Buffer.from('dirstate-v2\n'.padEnd(120, '\0')))).toBe(undefined);
  });

  it('that moves keeps every record but those of the changed paths', () => {
    fc.assert(
      fc.property(
        records,
        fc.array(fc.record({ path: name, present: fc.boolean() }), { maxLength: 5 }),
        (entries, changes) => {
          const before = parseDirstate(bytesOf(entries)) ?? EMPTY_DIRSTATE;
          const ascii = changes.map((change) => ({ ...change, path: change.path.replaceAll('\xe4', 'c') }));
          const after = parseDirstate(renderDirstate(movedDirstate(before, NEXT, ascii)));
          expect(after?.first).toBe(NEXT);
          expect(after?.second).toBe('0'.repeat(40));
          const last = new Map(ascii.map(({ path, present }) => [path, present]));
          for (const [path, bytes] of before.records)
            if (!last.has(path)) expect(after?.records.get(path)).toEqual(bytes);
          for (const [path, present] of last) expect(after?.records.has(path)).toBe(present);
        },
      ),
    );
  });

  it('tells hg to look at a changed file itself: neither size nor time is known', () => {
    const moved = movedDirstate(EMPTY_DIRSTATE, NEXT, [{ path: 'a.txt', present: true }]);
    const entry = moved.records.get('a.txt');
    expect([entry?.toString('latin1', 0, 1), entry?.readInt32BE(5), entry?.readInt32BE(9)]).toEqual(['n', -1, -1]);
  });
});
