import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText } from '../../../src/notify/clean-text.js';

const title = (text: string): string => cleanText({ title: text, body: 'x' }, 'plain').title;
const body = (text: string): string => cleanText({ title: 'x', body: text }, 'plain').body;
const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

describe('cleanText', () => {
  it('leaves ordinary words of every language as they are', () => {
    const text = "notes: conflict in 'Übersicht.md', 日本語, emoji 🎉, עברית";
    expect(title(text)).toBe(text);
    expect(body(`${text}\nautosync status`)).toBe(`${text}\nautosync status`);
  });

  it.each([
    ['a leading dash', '-u critical', '\u2010u critical'],
    ['a leading dash behind blanks', '  --help', '\u2010-help'],
    ['a terminal sequence', 'a\u001b[31mb', 'a\u29f5x1b[31mb'],
    ['a line break', 'a\nb', 'a\u29f5nb'],
    ['a change of writing direction', 'a\u202egnp.exe', 'a\u29f5u{202e}gnp.exe'],
    ['a byte that is not UTF-8', 'a\udce9', 'a\u29f5xe9'],
    ['half a character', 'a\ud83d', 'a\u29f5u{d83d}'],
    ['a backslash', 'a\\nb', 'a\u29f5nb'],
    ['a shell expansion', '$(id) `id` "x" !!', '$(id) `id` "x" !!'],
    ['a password', 'https://ann:hunter2@hub.example/x', 'https://hub.example/x'],
    ['nothing', '', 'autosync'],
    ['blanks', ' \t', '\u29f5t'],
  ])('makes a title with %s fit', (_, text, expected) => {
    expect(title(text)).toBe(expected);
  });

  it("keeps a body's lines, and drops those with nothing in them", () => {
    expect(body('-one\r\n\n  two\u0007 \nthree')).toBe('\u2010one\ntwo\u29f5x07\nthree');
  });

  it('never leaves a body empty', () => {
    expect(body('')).toBe('autosync status');
    expect(body(' \n ')).toBe('autosync status');
  });

  it('escapes markup in the body, where servers read it, and not in the title', () => {
    const text = '<b>&amp;</b>';
    expect(cleanText({ title: text, body: text }, 'markup')).toEqual({
      title: text,
      body: '&lt;b&gt;&amp;amp;&lt;/b&gt;',
    });
  });

  it('cuts a title after 80 characters and a body after 300', () => {
    expect(title('🎉'.repeat(80))).toBe('🎉'.repeat(80));
    expect(title('🎉'.repeat(81))).toBe(`${'🎉'.repeat(79)}…`);
    expect(body('x'.repeat(301))).toBe(`${'x'.repeat(299)}…`);
  });

  it('keeps the last line of a body that is cut', () => {
    const cut = body(`${'x'.repeat(400)}\nautosync status`);
    expect(cut).toBe(`${'x'.repeat(283)}…\nautosync status`);
    expect(cut).toHaveLength(300);
  });

  it('cuts a last line that would leave no room for the others', () => {
    expect([...body(`one\n${'y'.repeat(400)}`)]).toHaveLength(300);
  });

  it('makes any text short, printable, well-formed, not empty, and no option', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 600 }), fc.string({ maxLength: 600 }));
    const surrogates = fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 })).map((codes) => String.fromCharCode(...codes));
    const any = fc.oneof(text, surrogates);
    fc.assert(
      fc.property(any, any, (rawTitle, rawBody) => {
        const clean = cleanText({ title: rawTitle, body: rawBody }, 'markup');
        expect(clean.title).toMatch(/^[^-\s\p{Cc}\\][^\p{Cc}\\]*$/u);
        expect(clean.body).toMatch(/^[^-\s\p{Cc}\\<>][^\\<>]*$/u);
        expect(clean.body.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
        for (const words of [clean.title, clean.body]) expect(Buffer.from(words).toString()).toBe(words);
        expect([...clean.title].length).toBeLessThanOrEqual(80);
        expect([...unescaped(clean.body)].length).toBeLessThanOrEqual(300);
      }),
    );
  });
});
