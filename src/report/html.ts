import { printable } from '../system/printable.js';
import { foreign } from '../system/terminal.js';

declare const safe: unique symbol;

/** Text that is HTML: made by {@link html} alone, which escapes all else. */
export type Html = { readonly [safe]?: never; readonly html: string };

type Value = string | number | Html | readonly Value[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Makes HTML of a template literal. What is put in is text, whoever wrote it: what could be markup is escaped, what
 * could steer its direction is made visible, and secrets are left out; only other HTML goes in as it is.
 */
export function html(pieces: TemplateStringsArray, ...values: readonly Value[]): Html {
  const text = pieces.map((piece, at) => piece + (at < values.length ? shown(values[at] ?? '') : '')).join('');
  return { html: text };
}

function shown(value: Value): string {
  if (typeof value === 'string') return escaped(foreign(value));
  if (typeof value === 'number') return String(value);
  return 'html' in value ? value.html : value.map(shown).join('');
}

/** Nothing at all. */
export const NOTHING: Html = { html: '' };

/** Returns a line of a file as HTML: tabs stay tabs, and nothing is taken for a secret, so that it is what it is. */
export const fileLine = (text: string): Html => ({
  html: text
    .split('\t')
    .map((part) => escaped(printable(part)))
    .join('\t'),
});

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
