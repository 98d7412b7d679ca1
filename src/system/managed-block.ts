import { decodePath, encodePath } from './path-bytes.js';

/** The marker lines around a block of ours in a foreign text: ASCII, without newline. */
export type BlockStyle = { readonly begin: string; readonly end: string };

/** The markers do not pair up as one block, so that nobody can say what is ours: the line numbers of all of them. */
export type Unbalanced = { readonly kind: 'unbalanced'; readonly lines: readonly number[] };

/** What stands between the markers, without them; bytes that are not UTF-8 are carried as in a path. */
export type FoundBlock = { readonly kind: 'absent' } | { readonly kind: 'present'; readonly body: string } | Unbalanced;

/** A text with its block put in or taken out; `unchanged` when it was so already. */
export type BlockEdit = { readonly kind: 'changed' | 'unchanged'; readonly text: Buffer } | Unbalanced;

/** Follows the begin marker of a block for which a text that lacked its final newline was given one. */
const NEWLINE_ABOVE = ' [with the newline above]';

/** Returns a block as it stands in a text: its markers, and between them its body with a last newline. */
export const renderBlock = (body: string, style: BlockStyle): string => wrap(asLines(body), style, false);

/** Finds our block in a text. */
export function readBlock(text: Uint8Array, style: BlockStyle): FoundBlock {
  const found = findBlock(decode(text), style);
  if (found.kind !== 'present') return found;
  return { kind: 'present', body: decodePath(text.subarray(found.bodyStart, found.bodyEnd)) };
}

/**
 * Puts a block with the given body (lines; a missing last newline is added) into a text: in place of the block
 * that is there, else at the start, below a `#!` line. There nothing that others wrote comes before it: no `exit` in
 * a hook, no variable in a crontab. Nothing else in the text changes.
 */
export function insertBlock(text: Uint8Array, body: string, style: BlockStyle): BlockEdit {
  const before = decode(text);
  const found = findBlock(before, style);
  if (found.kind === 'unbalanced') return found;
  const inside = decode(encodePath(asLines(body)));
  if (findMarkers(inside, style).length > 0) throw new Error(`a block cannot hold its own marker '${style.begin}'`);
  if (found.kind === 'present') {
    const block = wrap(inside, style, found.ownsNewline);
    return edited(before, before.slice(0, found.start) + block + before.slice(found.end));
  }
  const at = endOfShebang(before);
  const above = before.slice(0, at);
  const addNewline = above !== '' && !above.endsWith('\n');
  const block = (addNewline ? '\n' : '') + wrap(inside, style, addNewline);
  return edited(before, above + block + before.slice(at));
}

/** Takes our block out of a text: what is left is, byte for byte, what others have written. */
export function removeBlock(text: Uint8Array, style: BlockStyle): BlockEdit {
  const before = decode(text);
  const found = findBlock(before, style);
  if (found.kind === 'unbalanced') return found;
  if (found.kind === 'absent') return edited(before, before);
  const below = before.slice(found.end);
  // With lines added below since then, the newline is what keeps them apart from those above.
  const dropNewline = found.ownsNewline && below === '' && before[found.start - 1] === '\n';
  return edited(before, before.slice(0, found.start - (dropNewline ? 1 : 0)) + below);
}

/** Latin-1 maps bytes and characters one to one, so that offsets agree and no byte is lost. */
const decode = (text: Uint8Array): string =>
  Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1');

function edited(before: string, after: string): BlockEdit {
  return { kind: before === after ? 'unchanged' : 'changed', text: Buffer.from(after, 'latin1') };
}

const asLines = (body: string): string => (body === '' || body.endsWith('\n') ? body : `${body}\n`);

const wrap = (body: string, style: BlockStyle, ownsNewline: boolean): string =>
  `${style.begin}${ownsNewline ? NEWLINE_ABOVE : ''}\n${body}${style.end}\n`;

function endOfShebang(text: string): number {
  if (!text.startsWith('#!')) return 0;
  const newline = text.indexOf('\n');
  return newline < 0 ? text.length : newline + 1;
}

/** Offsets of a block: `start` and `end` with its marker lines, `bodyStart` and `bodyEnd` without. */
type Region = {
  readonly kind: 'present';
  readonly start: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly end: number;
  readonly ownsNewline: boolean;
};

type Marker = {
  readonly side: 'begin' | 'end';
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly ownsNewline: boolean;
};

function findBlock(text: string, style: BlockStyle): Region | { readonly kind: 'absent' } | Unbalanced {
  const markers = findMarkers(text, style);
  const [first, second, ...more] = markers;
  if (first === undefined) return { kind: 'absent' };
  if (second === undefined || more.length > 0 || first.side !== 'begin' || second.side !== 'end') {
    return { kind: 'unbalanced', lines: markers.map((marker) => marker.line) };
  }
  const { start, ownsNewline } = first;
  return { kind: 'present', start, bodyStart: first.end, bodyEnd: second.start, end: second.end, ownsNewline };
}

/** Finds the marker lines; blanks around a marker and a `\r` after it do not hide it. */
function findMarkers(text: string, style: BlockStyle): readonly Marker[] {
  const markers: Marker[] = [];
  let start = 0;
  for (let line = 1; start < text.length; line += 1) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline + 1;
    const content = text.slice(start, end).replace(/^[ \t]+|[ \t\r\n]+$/g, '');
    const ownsNewline = content === style.begin + NEWLINE_ABOVE;
    if (content === style.begin || ownsNewline) markers.push({ side: 'begin', start, end, line, ownsNewline });
    else if (content === style.end) markers.push({ side: 'end', start, end, line, ownsNewline });
    start = end;
  }
  return markers;
}
