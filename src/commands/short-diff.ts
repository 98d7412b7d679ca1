import { type DiffRow, type NumberedLine, sideBySide } from '../report/line-diff.js';
import { printable } from '../system/printable.js';
import { colour } from '../system/terminal.js';

const MOST_LINES = 16;

/** A larger file is compared in a tool. */
const MOST_BYTES = 256 * 1024;

/** Compares two versions in a few lines: `-` is in the first alone, `+` in the second; says so where they are no text. */
export function shortDiff(first: Buffer, second: Buffer): readonly string[] {
  if (first.equals(second)) return ['both versions are the same'];
  const [one, other] = [textOf(first), textOf(second)];
  if (one === undefined || other === undefined)
    return [`no text, or too long to show: ${first.length} and ${second.length} bytes`];
  const compared = sideBySide(one, other);
  if (compared.kind === 'too-different') return ['the two have too little in common to show'];
  const lines = compared.rows.flatMap(linesOf);
  const more = lines.length - MOST_LINES + compared.more;
  return [...lines.slice(0, MOST_LINES), ...(more > 0 ? [colour('dim', `… ${more} more lines`)] : [])];
}

/** The rule of git, and of diff: a file with a NUL in it is no text. */
function textOf(bytes: Buffer): string | undefined {
  if (bytes.length > MOST_BYTES || bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function linesOf(row: DiffRow): readonly string[] {
  switch (row.kind) {
    case 'same':
      return [colour('dim', `  ${shown(row.left)}`)];
    case 'gap':
      return [colour('dim', `  … ${row.lines} lines alike`)];
    case 'changed':
      return [removed(row.left), added(row.right)];
    case 'left':
      return [removed(row.left)];
    case 'right':
      return [added(row.right)];
  }
}

const removed = (line: NumberedLine): string => colour('red', `- ${shown(line)}`);
const added = (line: NumberedLine): string => colour('green', `+ ${shown(line)}`);

const shown = ({ pieces }: NumberedLine): string => printable(pieces.map(({ text }) => text).join(''));
