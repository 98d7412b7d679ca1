import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DiffRow, type NumberedLine, sideBySide } from '../../../src/report/line-diff.js';

const textOf = ({ number, pieces }: NumberedLine): string =>
  `${number} ${pieces.map(({ text, differs }) => (differs ? `[${text}]` : text)).join('')}`;

function told(row: DiffRow): string {
  if (row.kind === 'gap') return `${row.lines} alike`;
  const left = 'left' in row ? textOf(row.left) : '';
  const right = 'right' in row ? textOf(row.right) : '';
  return `${left} | ${right}`;
}

function shown(left: string, right: string): readonly string[] {
  const compared = sideBySide(left, right);
  return compared.kind === 'rows' ? compared.rows.map(told) : [compared.kind];
}

describe('two versions side by side', () => {
  it('show what was changed within a line, and number the lines of each', () => {
    expect(shown('one\ntwo cats\nthree\n', 'one\ntwo dogs\nthree\n')).toEqual([
      '1 one | 1 one',
      '2 two [cats] | 2 two [dogs]',
      '3 three | 3 three',
    ]);
  });

  it('have an empty side where one of them has lines more', () => {
    expect(shown('a\nb\nc\n', 'a\nc\nd\n')).toEqual(['1 a | 1 a', '2 b | ', '3 c | 2 c', ' | 3 d']);
  });

  it('leave out what is alike, but for three lines around each change', () => {
    const lines = Array.from({ length: 20 }, (_, at) => `line ${at + 1}\n`);
    const other = lines.with(9, 'changed\n');
    const rows = shown(lines.join(''), other.join(''));
    expect(rows[0]).toBe('6 alike');
    expect(rows).toHaveLength(9);
    expect(rows.at(-1)).toBe('7 alike');
  });

  it('are bounded, and say how much is left out', () => {
    const many = Array.from({ length: 900 }, (_, at) => `${at}\n`).join('');
    const compared = sideBySide('', many);
    expect(compared).toMatchObject({ kind: 'rows', more: 500 });
    const [long] = shown('x'.repeat(5000), 'y');
    expect(long?.length).toBeLessThan(1000);
  });

  it('give up on two that have nothing in common', () => {
    const one = Array.from({ length: 5000 }, (_, at) => `one ${at}`).join('\n');
    const other = Array.from({ length: 5000 }, (_, at) => `other ${at}`).join('\n');
    expect(shown(one, other)).toEqual(['too-different']);
  });

  it('show every line of both, in order', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c d', 'c e', ''), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (left, right) => {
        const compared = sideBySide(
          left.map((line) => `${line}\n`).join(''),
          right.map((line) => `${line}\n`).join(''),
        );
        const rows = compared.kind === 'rows' ? compared.rows : [];
        const gaps = rows.reduce((sum, row) => sum + (row.kind === 'gap' ? row.lines : 0), 0);
        const of = (side: 'left' | 'right'): number => rows.filter((row) => side in row).length + gaps;
        expect([of('left'), of('right')]).toEqual([left.length, right.length]);
        const differs = rows.some(({ kind }) => kind !== 'same' && kind !== 'gap');
        expect(differs).toBe(left.join('\n') !== right.join('\n') || left.length !== right.length);
      }),
    );
  });
});
