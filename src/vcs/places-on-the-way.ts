import { dirname, isAbsolute, join, parse } from 'node:path';
import type { AbsolutePath } from '../model/paths.js';
import { lstatIfPresent, readLink } from '../system/files.js';
import { decodePath } from '../system/path-bytes.js';

/** As many links as Linux follows on the way to one file. */
const MAX_LINKS = 40;

/**
 * Returns every place that decides what a path leads to: each symbolic link on the way, and where it ends. Whoever can
 * change one of them decides what is found there.
 */
export function placesOnTheWay(path: AbsolutePath): readonly string[] {
  const { root } = parse(path);
  const places: string[] = [];
  let at = root;
  let rest = partsOf(path.slice(root.length));
  while (rest.length > 0 && places.length < MAX_LINKS) {
    const [part = '', ...after] = rest;
    rest = after;
    if (part === '..') {
      at = dirname(at);
      continue;
    }
    const next = join(at, part);
    if (lstatIfPresent(next)?.isSymbolicLink() !== true) {
      at = next;
      continue;
    }
    places.push(next);
    const target = decodePath(readLink(next));
    if (isAbsolute(target)) at = parse(target).root;
    rest = [...partsOf(isAbsolute(target) ? target.slice(at.length) : target), ...rest];
  }
  return [...places, at];
}

const partsOf = (path: string): readonly string[] =>
  path.split(process.platform === 'win32' ? /[\\/]/ : '/').filter((part) => part !== '' && part !== '.');
