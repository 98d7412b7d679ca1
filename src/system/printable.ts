/** C0, DEL, C1, the bidirectional and zero-width controls, line separators and lone surrogates. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must never reach a terminal
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

/**
 * Returns text that a terminal, a log reader or a notification can show without being steered by it:
 * control, bidirectional and undecodable characters become `\xNN` or `\u{NNNN}`.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
    if (code === 0x0a) return '\\n';
    if (code === 0x09) return '\\t';
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** Removes user names and passwords from the URLs in a text, and the values of tokens and authorisation headers. */
export function redact(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/"<>]*@/gi, '$1')
    .replace(/((?:token|password|passwd|secret|key)=)[^\s&'"]+/gi, '$1***')
    .replace(/(authorization:\s*)\S+(\s+\S+)?/gi, '$1***');
}
