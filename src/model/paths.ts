declare const absolute: unique symbol;
declare const relative: unique symbol;

/**
 * A normal absolute path. Bytes that are not UTF-8 are carried as lone low surrogates
 * (U+DC80 to U+DCFF, the "surrogateescape" of PEP 383), so every path survives a round trip.
 */
export type AbsolutePath = string & { readonly [absolute]: true };

/** A path below a working tree's top, with `/` between its parts; encoded like {@link AbsolutePath}. */
export type RelativePath = string & { readonly [relative]: true };

/** Marks a string that is known to be an absolute path. */
export const asAbsolute = (path: string): AbsolutePath => path as AbsolutePath;

/** Marks a string that is known to be a path relative to a working tree's top. */
export const asRelative = (path: string): RelativePath => path as RelativePath;
