/** The line that brings our hooks in; hg looks for the file beside the one that names it (hgrc(5)). */
const LINE = '%include autosync.rc';

/** Only at the very beginning of a file does hg overlook it. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

/** Our line wherever it stands, with whatever end an editor has given it since. */
const OURS = /(?<=^(?:\u00ef\u00bb\u00bf)?)%include autosync\.rc[ \t]*(\r?\n|$(?!\n))/gm;

/** What is written beside our lines when the file was made for them: it goes with the last of them. */
export const MADE_BY_US = "# Before that there was 'no hgrc'.";

/** Tells whether a configuration, or our own file beside it, says that it was made for lines of ours. */
export const saysMadeByUs = (text: Uint8Array): boolean => decode(text).split('\n').includes(MADE_BY_US);

/** Parts a byte order mark from what follows it: a line of ours above it would hide it from hg. */
export function splitMark(hgrc: Buffer): readonly [mark: Buffer, rest: Buffer] {
  const length = decode(hgrc).startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  return [hgrc.subarray(0, length), hgrc.subarray(length)];
}

/** Tells whether a configuration includes our hooks. */
export const includesHooks = (hgrc: Uint8Array): boolean => decode(hgrc).search(OURS) >= 0;

/**
 * Returns a configuration that includes our hooks. The line comes first: what a person has set himself comes after
 * it, and a last line without its end stays as it is.
 */
export function withHooks(hgrc: Uint8Array): Buffer {
  if (includesHooks(hgrc)) return Buffer.from(hgrc);
  const text = decode(hgrc);
  const at = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  return encode(`${text.slice(0, at)}${LINE}\n${text.slice(at)}`);
}

/** Returns a configuration without our line: what is left is, byte for byte, what others have written. */
export const withoutHooks = (hgrc: Uint8Array): Buffer => encode(decode(hgrc).replaceAll(OURS, ''));

/** Latin-1 maps bytes and characters one to one, so that no byte is lost. */
const decode = (text: Uint8Array): string =>
  Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1');

const encode = (text: string): Buffer => Buffer.from(text, 'latin1');
