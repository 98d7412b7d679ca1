import { decodePath, encodePath } from './path-bytes.js';

/** The marker lines around a block of ours in a foreign text: ASCII, without newline. */
export type BlockStyle = { readonly begin: string; readonly end: string };

/** The markers do not pair up as one block, so that nobody can say what is ours: the line numbers of all of them. */
export type Unbalanced = { readonly kind: 'unbalanced'; readonly lines: readonly number[] };

/** What stands between the markers, without them; bytes that are not UTF-8 are carried as in a path. */
export type FoundBlock = { readonly kind: 'absent' } | { readonly kind: 'present'; readonly body: string } | Unbalanced;

/** A text with its block put in or taken out; `unchanged` when it was so already. */
export type BlockEdit = { readonly kind: 'changed' | 'unchanged'; readonly text: Buffer } | Unbalanced;

/** So many blanks: a program that knows its file by the first 1024 bytes sees nothing of what comes below them. */
const BLANK_LINE = `${' '.repeat(1024)}\n`;

/** What follows a begin marker says what else was put above it: a final newline that was missing, or a line of blanks. */
const ABOVE = { '': '', ' [with the newline above]': '\n', ' [with the blank line above]': BLANK_LINE } as const;

type Above = keyof typeof ABOVE;

const SUFFIXES: readonly Above[] = ['', ' [with the newline above]', ' [with the blank line above]'];

/** Returns a block as it stands in a text: its markers, and between them its body with a last newline. */
export const renderBlock = (body: string, style: BlockStyle): string => wrap(asLines(body), style, '');

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
  return putBlock(decode(text), body, style, (before) => {
    const at = endOfShebang(before);
    const lacksNewline = at > 0 && before[at - 1] !== '\n';
    return { at, above: lacksNewline ? ' [with the newline above]' : '' };
  });
}

/**
 * The same, but at the end of a text and out of sight of a program that knows its own file by how it begins, as git-lfs
 * does. A text without a final newline gets its block as from {@link insertBlock}.
 */
export function appendBlock(text: Uint8Array, body: string, style: BlockStyle): BlockEdit {
  const before = decode(text);
  if (!before.endsWith('\n')) return insertBlock(text, body, style);
  return putBlock(before, body, style, () => ({ at: before.length, above: ' [with the blank line above]' }));
}

type Spot = { readonly at: number; readonly above: Above };

function putBlock(before: string, body: string, style: BlockStyle, choose: (before: string) => Spot): BlockEdit {
  const found = findBlock(before, style);
  if (found.kind === 'unbalanced') return found;
  const inside = decode(encodePath(asLines(body)));
  if (findMarkers(inside, style).length > 0) throw new Error(`a block cannot hold its own marker '${style.begin}'`);
  if (found.kind === 'present') {
    const block = wrap(inside, style, found.above);
    return edited(before, before.slice(0, found.start) + block + before.slice(found.end));
  }
  const { at, above } = choose(before);
  return edited(before, before.slice(0, at) + ABOVE[above] + wrap(inside, style, above) + before.slice(at));
}

/** Takes our block out of a text: what is left is, byte for byte, what others have written. */
export function removeBlock(text: Uint8Array, style: BlockStyle): BlockEdit {
  const before = decode(text);
  const found = findBlock(before, style);
  if (found.kind === 'unbalanced') return found;
  if (found.kind === 'absent') return edited(before, before);
  const below = before.slice(found.end);
  const above = before.slice(0, found.start);
  const ours = ABOVE[found.above];
  // With lines added below since then, a newline is what keeps them apart from those above.
  const dropsAbove = above.endsWith(ours) && (ours !== '\n' || below === '');
  return edited(before, (dropsAbove ? above.slice(0, above.length - ours.length) : above) + below);
}

/** Latin-1 maps bytes and characters one to one, so that offsets agree and no byte is lost. */
const decode = (text: Uint8Array): string =>
  Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1');

function edited(before: string, after: string): BlockEdit {
  return { kind: before === after ? 'unchanged' : 'changed', text: Buffer.from(after, 'latin1') };
}

const asLines = (body: string): string => (body === '' || body.endsWith('\n') ? body : `${body}\n`);

const wrap = (body: string, style: BlockStyle, above: Above): string => `${style.begin}${above}\n${body}${style.end}\n`;

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
  readonly above: Above;
};

type Marker = {
  readonly side: 'begin' | 'end';
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly above: Above;
};

function findBlock(text: string, style: BlockStyle): Region | { readonly kind: 'absent' } | Unbalanced {
  const markers = findMarkers(text, style);
  const [first, second, ...more] = markers;
  if (first === undefined) return { kind: 'absent' };
  if (second === undefined || more.length > 0 || first.side !== 'begin' || second.side !== 'end') {
    return { kind: 'unbalanced', lines: markers.map((marker) => marker.line) };
  }
  const { start, above } = first;
  return { kind: 'present', start, bodyStart: first.end, bodyEnd: second.start, end: second.end, above };
}

/** Finds the marker lines; blanks around a marker and a `\r` after it do not hide it. */
function findMarkers(text: string, style: BlockStyle): readonly Marker[] {
  const markers: Marker[] = [];
  let start = 0;
  for (let line = 1; start < text.length; line += 1) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline + 1;
    const content = text.slice(start, end).replace(/^[ \t]+|[ \t\r\n]+$/g, '');
    const above = SUFFIXES.find((suffix) => content === style.begin + suffix);
    if (above !== undefined) markers.push({ side: 'begin', start, end, line, above });
    else if (content === style.end) markers.push({ side: 'end', start, end, line, above: '' });
    start = end;
  }
  return markers;
}
