import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { asAbsolute } from '../../src/model/paths.js';
import { readTextIfPresent } from '../../src/system/files.js';

/**
 * Returns all that stands below a folder as one text, contents and the targets of links; undefined when nothing does.
 * Contents can be made readable on the way.
 */
export function readFolder(folder: string, readable = (content: Buffer): Buffer => content): Buffer | undefined {
  if (!existsSync(folder)) return undefined;
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const parts = paths.flatMap((path) => {
    const found = lstatSync(join(folder, path));
    if (found.isSymbolicLink()) return [Buffer.from(`${path} -> ${readlinkSync(join(folder, path))}\n`)];
    return found.isFile() ? [readable(readFileSync(join(folder, path)))] : [];
  });
  return parts.length === 0 ? undefined : Buffer.concat(parts);
}

/**
 * Returns the files of a working tree that has no folders, sorted by their names; one that goes away meanwhile, as it does
 * for a moment when a run puts another version in its place, is left out.
 */
export function readFlatFolder(top: string): ReadonlyMap<string, string> {
  const names = readdirSync(top).filter((name) => name !== '.git' && name !== '.hg');
  return new Map(
    names.sort().flatMap((name) => {
      const text = readTextIfPresent(asAbsolute(join(top, name)));
      return text === undefined ? [] : [[name, text] as const];
    }),
  );
}
