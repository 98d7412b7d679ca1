import { unplaceable } from '../unplaceable.js';

/** Tells whether a path that came from a push leads to a place inside the tree that can be a subrepository's. */
export const isInnerPath = (path: string): boolean =>
  !/[\p{Cc}\\:]/u.test(path) && unplaceable(path) === undefined && !/(^|\/)\.(hg|git)/i.test(path);

/** One name of a source below a hub: nothing in it has a meaning to a shell, a URL, or hg. */
const PLAIN_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_ .+@,-]*$/u;

/** What decides where a subrepository may come from. */
export type SourceRule = { readonly hub: string | undefined; readonly allowed: readonly string[] };

/**
 * Returns the URL that a source in `.hgsub` stands for; undefined where it may not be asked for anything. A source that
 * is a plain relative path lies below the repository's own hub; any other must be one that the person allows.
 */
export function resolveSource(source: string, { hub, allowed }: SourceRule): string | undefined {
  if (allowed.includes(source) && /^(\/|https?:\/\/|ssh:\/\/[^-])/.test(source)) return source;
  if (hub === undefined || /[#?]/.test(hub)) return undefined;
  if (!source.split('/').every((name) => PLAIN_NAME.test(name))) return undefined;
  return `${hub.replace(/\/+$/, '')}/${source}`;
}

/** Tells whether a URL holds a password, which must not be among a program's arguments. */
export const holdsPassword = (url: string): boolean => /:\/\/[^/]*:[^/]*@/.test(url);
