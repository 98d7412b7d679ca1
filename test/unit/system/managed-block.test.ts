import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  appendBlock,
  type BlockStyle,
  insertBlock,
  readBlock,
  removeBlock,
} from '../../../src/system/managed-block.js';

const table: BlockStyle = { begin: '# BEGIN OURS (managed)', end: '# END OURS' };
const hook: BlockStyle = { begin: '# >>> ours >>>', end: '# <<< ours <<<' };
const styles = fc.constantFrom(table, hook);

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const show = (text: Uint8Array): string => Buffer.from(text).toString('latin1');

/** Inserts where that must be possible. */
function inserted(text: Uint8Array, body: string, style: BlockStyle): Buffer {
  const edit = insertBlock(text, body, style);
  if (edit.kind === 'unbalanced') throw new Error(`refused: unbalanced at ${edit.lines.join(', ')}`);
  return edit.text;
}

/** Removes where that must be possible. */
function removed(text: Uint8Array, style: BlockStyle): Buffer {
  const edit = removeBlock(text, style);
  if (edit.kind === 'unbalanced') throw new Error(`refused: unbalanced at ${edit.lines.join(', ')}`);
  return edit.text;
}

/** Texts of the kinds that go wrong: no final newline, CRLF, shebangs, bytes that are not UTF-8, near-markers. */
const pieces = fc.constantFrom(
  '',
  '\n',
  '\r\n',
  '\r',
  '#!/bin/sh',
  '#!/bin/sh\n',
  ' ',
  '\t',
  '0 3 * * * job\n',
  'é',
  '# END OURS of another\n',
  '# BEGIN OURS (managed) x\n',
  '# >>> ours',
  ' [with the newline above]\n',
);
const foreignText = fc.oneof(
  fc.array(fc.oneof(pieces, fc.string()), { maxLength: 8 }).map((parts) => bytes(parts.join(''))),
  fc.uint8Array({ maxLength: 40 }).map((raw) => Buffer.from(raw)),
);
const bodies = fc.array(fc.stringMatching(/^[a-z é$"%*/0-9]*$/), { maxLength: 4 }).map((lines) => lines.join('\n'));

describe('a managed block at the end of a text', () => {
  it('leaves any text byte for byte as it was, once it is removed, and stands in it once', () => {
    fc.assert(
      fc.property(foreignText, bodies, bodies, styles, (text, first, second, style) => {
        const once = appendBlock(text, first, style);
        const twice = once.kind === 'unbalanced' ? once : appendBlock(once.text, second, style);
        if (once.kind === 'unbalanced' || twice.kind === 'unbalanced') throw new Error('refused');
        expect(show(removed(once.text, style))).toBe(show(text));
        expect(show(removed(twice.text, style))).toBe(show(text));
        expect(readBlock(twice.text, style)).toMatchObject({ kind: 'present' });
      }),
      { numRuns: 1000 },
    );
  });

  it('is nowhere in the first 1024 bytes, and nothing but blanks comes before it', () => {
    const edit = appendBlock(bytes('#!/bin/sh\nlast\n'), 'ours', hook);
    if (edit.kind === 'unbalanced') throw new Error('refused');
    expect(show(edit.text.subarray(0, 1024)).trimEnd()).toBe('#!/bin/sh\nlast');
    expect(show(edit.text)).toMatch(/\n {1024}\n# >>> ours >>> \[with the blank line above\]\nours\n# <<< ours <<<\n$/);
  });

  it('leaves what is left of the line above, when somebody has changed that', () => {
    const edit = appendBlock(bytes('first\n'), 'ours', hook);
    if (edit.kind === 'unbalanced') throw new Error('refused');
    const trimmed = bytes(show(edit.text).replace(/ {1024}/, ''));
    expect(show(removed(trimmed, hook))).toBe('first\n\n');
  });
});

describe('a managed block', () => {
  it('leaves any text byte for byte as it was, once it is removed', () => {
    fc.assert(
      fc.property(foreignText, bodies, styles, (text, body, style) => {
        expect(show(removed(inserted(text, body, style), style))).toBe(show(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('stands in the text once, however often it is inserted', () => {
    fc.assert(
      fc.property(foreignText, bodies, styles, (text, body, style) => {
        const once = inserted(text, body, style);
        expect(insertBlock(once, body, style)).toEqual({ kind: 'unchanged', text: once });
      }),
    );
  });

  it('gives back the body that was put in', () => {
    fc.assert(
      fc.property(foreignText, bodies, styles, (text, body, style) => {
        const expected = body === '' || body.endsWith('\n') ? body : `${body}\n`;
        expect(readBlock(inserted(text, body, style), style)).toEqual({ kind: 'present', body: expected });
      }),
    );
  });

  it('is replaced in its place, so that a new body leaves the same text behind', () => {
    fc.assert(
      fc.property(foreignText, bodies, bodies, styles, (text, first, second, style) => {
        const replaced = inserted(inserted(text, first, style), second, style);
        expect(show(replaced)).toBe(show(inserted(text, second, style)));
        expect(show(removed(replaced, style))).toBe(show(text));
      }),
    );
  });

  it('takes only itself away when lines were added around it since', () => {
    const lines = fc.array(fc.stringMatching(/^[a-z *]*$/), { maxLength: 3 }).map((all) => all.map((l) => `${l}\n`));
    fc.assert(
      fc.property(lines, lines, lines, bodies, (original, above, below, body) => {
        const text = inserted(bytes(original.join('')), body, table);
        const grown = Buffer.concat([bytes(above.join('')), text, bytes(below.join(''))]);
        expect(show(removed(grown, table))).toBe([...above, ...original, ...below].join(''));
      }),
    );
  });

  it('refuses any text with markers that are not one pair, and names their lines', () => {
    const marker = fc.constantFrom(table.begin, table.end, `${table.begin} [with the newline above]`);
    fc.assert(
      fc.property(fc.array(fc.oneof(marker, fc.constant('0 3 * * * job')), { maxLength: 6 }), (lines) => {
        const text = bytes(lines.join('\n'));
        const at = lines.flatMap((line, index) => (line.includes('OURS') ? [index + 1] : []));
        const [first, second] = at.map((line) => lines[line - 1] ?? '');
        const pair = at.length === 2 && first?.startsWith(table.begin) === true && second === table.end;
        const expected = at.length === 0 || pair ? expect.not.objectContaining({ kind: 'unbalanced' }) : undefined;
        const answers = [readBlock(text, table), insertBlock(text, 'x', table), removeBlock(text, table)];
        for (const answer of answers) expect(answer).toEqual(expected ?? { kind: 'unbalanced', lines: at });
      }),
    );
  });
});

describe('where a block goes', () => {
  it('puts it at the start, before everything that others wrote', () => {
    expect(show(inserted(bytes('HOME=/\n'), 'job', table))).toBe('# BEGIN OURS (managed)\njob\n# END OURS\nHOME=/\n');
    expect(show(inserted(bytes(''), 'x', hook))).toBe('# >>> ours >>>\nx\n# <<< ours <<<\n');
  });

  it('puts it right below a shebang line', () => {
    expect(show(inserted(bytes('#!/bin/sh -e\nexit 1\n'), 'x', hook))).toBe(
      '#!/bin/sh -e\n# >>> ours >>>\nx\n# <<< ours <<<\nexit 1\n',
    );
  });

  it('says in the marker that it added the newline above itself', () => {
    expect(show(inserted(bytes('#!/bin/sh'), 'x', hook))).toBe(
      '#!/bin/sh\n# >>> ours >>> [with the newline above]\nx\n# <<< ours <<<\n',
    );
  });

  it('keeps that newline while lines below need it', () => {
    const grown = Buffer.concat([inserted(bytes('#!/bin/sh'), 'x', hook), bytes('exit 1\n')]);
    expect(show(removed(grown, hook))).toBe('#!/bin/sh\nexit 1\n');
  });
});

describe('a block that others have touched', () => {
  it('is found when its lines were indented or given CRLF, and goes away whole', () => {
    const text = bytes('a\r\n  # BEGIN OURS (managed)\r\n  job\r\n\t# END OURS \r\nb\r\n');
    expect(readBlock(text, table)).toEqual({ kind: 'present', body: '  job\r\n' });
    expect(show(removed(text, table))).toBe('a\r\nb\r\n');
  });

  it('is found when the last newline of the file was cut off', () => {
    expect(show(removed(bytes('a\n# BEGIN OURS (managed)\njob\n# END OURS'), table))).toBe('a\n');
  });

  it('is read with bytes that are not UTF-8, as paths carry them', () => {
    const text = Buffer.concat([bytes('# BEGIN OURS (managed)\n'), Buffer.from([0xff, 0x0a]), bytes('# END OURS\n')]);
    const body = '\udcff\n';
    expect(readBlock(text, table)).toEqual({ kind: 'present', body });
    expect(insertBlock(text, body, table)).toEqual({ kind: 'unchanged', text });
  });
});

it('a body that holds a marker is a bug, not a text', () => {
  expect(() => insertBlock(bytes(''), 'a\n# END OURS\n', table)).toThrow(/its own marker/);
});
