/** A line of `.hgsub`: where a subrepository stands, of which system it is, and where it comes from. */
export type DeclaredSubrepository = { readonly path: string; readonly system: string; readonly source: string };

/**
 * Reads `.hgsub`, a configuration file of hg's: `<path> = <source>`, the source after `[<system>]` where that is not hg.
 * Sections, of which hg knows `[subpaths]`, comments, and what includes another file are passed over: it came from a push.
 */
export function parseHgsub(text: string): readonly DeclaredSubrepository[] {
  const found: DeclaredSubrepository[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('[')) break;
    const [, path, system, source] = /^([^#;%\s=][^=]*?)\s*=\s*(?:\[(\w+)\])?(.*?)\s*$/.exec(line) ?? [];
    if (path !== undefined) found.push({ path, system: system ?? 'hg', source: source ?? '' });
  }
  return found;
}

/** Reads `.hgsubstate`: `<40 hex digits> <path>`, a line for each subrepository. */
export function parseSubstate(text: string): ReadonlyMap<string, string> {
  const lines = [...text.matchAll(/^([0-9a-f]{40}) (.+)$/gm)];
  return new Map(lines.map(([, id = '', path = '']) => [path, id]));
}

/** Writes `.hgsubstate` as hg does: sorted by path. */
export const renderSubstate = (states: ReadonlyMap<string, string>): string =>
  [...states]
    .sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
    .map(([path, id]) => `${id} ${path}\n`)
    .join('');
