import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commitMessages } from '../../../src/engine/commit-message.js';
import type { Change } from '../../../src/model/change.js';
import { asRelative } from '../../../src/model/paths.js';

const added = (path: string): Change => ({ type: 'added', path: asRelative(path) });
const messages = (message = '{event}', subject?: string): ReturnType<typeof commitMessages> =>
  commitMessages({ machine: 'laptop', message, conflict: 'keep-both' }, subject);

describe('a snapshot message', () => {
  it('names a single event, and the machine', () => {
    expect(messages().snapshot([added('a.md')])).toBe('Added a.md\n\nAutosync-Machine: laptop\n');
  });

  it('counts several events, and names each below', () => {
    const changes: Change[] = [
      added('a'),
      { type: 'removed', path: asRelative('b') },
      { type: 'renamed', from: asRelative('c'), path: asRelative('d') },
    ];
    const text = 'Added 1, removed 1, renamed 1\n\nAdded a\nRemoved b\nRenamed c to d\n\nAutosync-Machine: laptop\n';
    expect(messages().snapshot(changes)).toBe(text);
  });

  it('follows the form of the settings, and a subject given by hand before it', () => {
    expect(messages('{machine}: {event}').snapshot([added('a')])).toMatch(/^laptop: Added a\n/);
    expect(messages('{event}', 'before the trip').snapshot([added('a')])).toMatch(/^before the trip\n/);
  });

  it('does not take a name for a part of its form', () => {
    expect(messages('{event} on {machine}').snapshot([added('{machine} $& $1')])).toMatch(
      /^Added \{machine\} \$& \$1 on laptop\n/,
    );
  });

  it('stays short, whatever the number and length of names', () => {
    const changes = Array.from({ length: 10_000 }, (_, n) => added(`${n}`));
    expect(messages().snapshot(changes).split('\n').length).toBeLessThan(110);
    expect(messages().snapshot(changes)).toContain('and 9900 more');
    expect(
      messages()
        .snapshot([added('x'.repeat(5000))])
        .split('\n')[0]?.length,
    ).toBeLessThanOrEqual(200);
  });

  it('holds no name that could forge a line of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 5 }), (names) => {
        const text = messages().snapshot(names.map(added));
        expect(text.split('\n').filter((line) => line.startsWith('Autosync-Machine:'))).toEqual([
          'Autosync-Machine: laptop',
        ]);
        expect(text.split('\n')).toHaveLength(names.length === 1 ? 4 : names.length + 5);
      }),
    );
  });
});

describe('a merge message', () => {
  it('says what was kept of each conflict', () => {
    const path = asRelative('a.md');
    const copy = asRelative('a (conflict).md');
    expect(messages().merge([{ path, kind: 'content', kept: path, copy }])).toBe(
      'Kept both versions of a.md\n\ncontent: a.md, and a (conflict).md\n\nAutosync-Machine: laptop\n',
    );
    expect(messages().merge([])).toBe("Merged the hub's work\n\nAutosync-Machine: laptop\n");
  });
});

describe('several events', () => {
  it('are counted, every one exactly once', () => {
    const change = fc.record({
      type: fc.constantFrom('added', 'modified', 'removed'),
      path: fc.constant(asRelative('x')),
    });
    fc.assert(
      fc.property(fc.array(change as fc.Arbitrary<Change>, { minLength: 2 }), (changes) => {
        const numbers = [...(messages().snapshot(changes).split('\n')[0] ?? '').matchAll(/\d+/g)].map(Number);
        expect(numbers.reduce((sum, count) => sum + count, 0)).toBe(changes.length);
      }),
    );
  });
});
