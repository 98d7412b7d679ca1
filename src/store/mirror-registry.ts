import { AutosyncError } from '../model/errors.js';
import type { Mirror } from '../model/mirror.js';
import type { AbsolutePath } from '../model/paths.js';
import { joinPath, listNames, lstatIfPresent } from '../system/files.js';
import { printable } from '../system/printable.js';
import { readSettings } from './config.js';
import type { Locations } from './locations.js';
import { type MirrorFile, readMirrorFile, renderMirrorFile } from './mirror-file.js';
import { orEnvironmentError, readOwnFile, removeOwnFile, writeOwnFile } from './own-file.js';
import type { ParseSchedule } from './setting-types.js';
import { takeTurns } from './turns.js';

/** The folder with one file for each mirror. */
export const mirrorsFolder = (locations: Locations): AbsolutePath => joinPath(locations.config, 'mirrors');

/** The private folder of a mirror: its clone, its commits and what it remembers of them. */
export const mirrorData = (locations: Locations, name: string): AbsolutePath =>
  joinPath(locations.data, 'mirrors', name);

const fileOf = (locations: Locations, name: string): AbsolutePath => joinPath(mirrorsFolder(locations), `${name}.toml`);

/** Tells whether a mirror can have a name: it is that of files, on every system. */
export const isMirrorName = (name: string): boolean =>
  /^[a-z0-9][a-z0-9._-]{0,62}$/i.test(name) && !/\.$|\.(lock|new|toml)$/i.test(name);

/** Returns every mirror, ordered by name, and what is wrong with the files that cannot be used. */
export function listMirrors(
  locations: Locations,
  parseSchedule: ParseSchedule,
): { readonly mirrors: readonly Mirror[]; readonly problems: readonly AutosyncError[] } {
  const mirrors: Mirror[] = [];
  const problems: AutosyncError[] = [];
  const folder = mirrorsFolder(locations);
  for (const file of orEnvironmentError('list', folder, () => listNames(folder)).sort()) {
    const name = file.replace(/\.toml$/, '');
    if (name === file || !isMirrorName(name)) continue;
    try {
      const mirror = readMirror(locations, { name, parseSchedule });
      if (mirror !== undefined) mirrors.push(mirror);
    } catch (error) {
      if (!(error instanceof AutosyncError)) throw error;
      problems.push(error);
    }
  }
  return { mirrors, problems };
}

/** Returns the mirror of a name, or undefined when there is none; a file that cannot be used throws. */
export function readMirror(
  locations: Locations,
  wanted: { readonly name: string; readonly parseSchedule: ParseSchedule },
): Mirror | undefined {
  const { name, parseSchedule } = wanted;
  const found = readMirrorFile(fileOf(locations, name), parseSchedule);
  if (found === undefined) return undefined;
  const schedule =
    found.schedule === undefined ? readSettings(locations, parseSchedule).schedule : parseSchedule(found.schedule);
  return { ...found, name, schedule };
}

/** Registers a mirror, or changes it; again is byte for byte the same. */
export function registerMirror(
  locations: Locations,
  name: string,
  mirror: MirrorFile,
): Promise<'created' | 'updated' | 'unchanged'> {
  if (!isMirrorName(name)) {
    throw new AutosyncError('usage', `'${printable(name)}' cannot be the name of a mirror`, [
      "expected letters, digits, '-', '_' and '.', at most 63 of them",
    ]);
  }
  return takeTurns(locations, 'registry', () => {
    const file = fileOf(locations, name);
    const before = readOwnFile(file)?.toString('utf8');
    const content = renderMirrorFile(mirror);
    writeOwnFile(file, content);
    return before === undefined ? 'created' : before === content ? 'unchanged' : 'updated';
  });
}

/** Removes a mirror's file, whatever is in it; returns whether there was one. */
export function unregisterMirror(locations: Locations, name: string): Promise<boolean> {
  return takeTurns(locations, 'registry', () => {
    const file = fileOf(locations, name);
    const wasThere = lstatIfPresent(file) !== undefined;
    removeOwnFile(file);
    return wasThere;
  });
}
