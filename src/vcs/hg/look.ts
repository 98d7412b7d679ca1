import type { Stats } from 'node:fs';
import { isMachineError } from '../../model/errors.js';
import type { AbsolutePath } from '../../model/paths.js';
import type { Settings } from '../../model/repo.js';
import {
  exists,
  isFolder,
  joinPath,
  listNames,
  lstatIfPresent,
  readIfPresent,
  readTextIfPresent,
} from '../../system/files.js';
import { encodePath } from '../../system/path-bytes.js';
import type { Look } from '../vcs.js';
import { type Dirstate, parseDirstate } from './dirstate.js';
import { memoryKey, readMemory } from './hub-memory.js';
import { branchOf } from './move-parent.js';
import { NO_CHANGESET } from './repository.js';
import { unsupportedKind } from './unsupported.js';

/**
 * Looks at a working tree without hg: whether every file is as hg's dirstate says, and whether it stands on what the hub
 * had. Returns undefined where anything is otherwise, since then only hg can tell what it is.
 */
export function look(top: AbsolutePath, settings: Settings): Look | undefined {
  const hgFolder = joinPath(top, '.hg');
  const isPlain = isFolder(joinPath(hgFolder, 'store')) && !exists(joinPath(hgFolder, 'sharedpath'));
  if (settings.mode === 'backup' || !isPlain || exists(joinPath(top, '.hgsub'))) return undefined;
  if (unsupportedKind({ hgFolder, sharedFolder: hgFolder }) !== undefined) return undefined;
  const dirstate = parseDirstate(readIfPresent(joinPath(hgFolder, 'dirstate')) ?? Buffer.alloc(0));
  if (dirstate === undefined || dirstate.first === NO_CHANGESET || dirstate.second !== NO_CHANGESET) return undefined;
  const branch = branchOf({ hgFolder });
  const upstream = { name: settings.remote === '' ? 'default' : settings.remote };
  const seen = readMemory({ privateFolder: joinPath(hgFolder, 'autosync') }, memoryKey(upstream, branch));
  const isSent = seen?.head === dirstate.first && isHubNamed(hgFolder, upstream.name);
  return isSent && isAsRecorded(top, dirstate) ? { branch, unpushed: 0, uncommitted: 0 } : undefined;
}

/** Tells whether the repository itself names the hub: `<name> = …` in `[paths]` of its hgrc. */
const isHubNamed = (hgFolder: AbsolutePath, name: string): boolean =>
  (readTextIfPresent(joinPath(hgFolder, 'hgrc')) ?? '')
    .split('\n')
    .some((line) => line.startsWith(name) && /^\s*=/.test(line.slice(name.length)));

/** Tells whether the tree holds just the files of the dirstate, and each with the times, size and mode that hg has written down. */
function isAsRecorded(top: AbsolutePath, { records }: Dirstate): boolean {
  let found = 0;
  const isClean = (folder: string): boolean =>
    listNames(joinPath(top, folder)).every((name) => {
      if (folder === '' && (name === '.hg' || name === '.git')) return true;
      const path = folder === '' ? name : `${folder}/${name}`;
      const stats = lstatIfPresent(joinPath(top, path));
      // Another repository, whose files are its own.
      if (name === '.hg' || name === '.git' || stats === undefined) return false;
      if (stats.isDirectory()) return isClean(path);
      found += 1;
      return isSame(records.get(encodePath(path).toString('latin1')), stats);
    });
  try {
    return isClean('') && found === records.size;
  } catch (error) {
    // A folder that may not be listed.
    if (isMachineError(error)) return false;
    throw error;
  }
}

/** As hg itself compares them (mercurial/dirstate.py): only the lowest 31 bits of a number, and of the mode who may execute. */
function isSame(record: Buffer | undefined, stats: Stats): boolean {
  if (record === undefined || !(stats.isFile() || stats.isSymbolicLink())) return false;
  const [mode, size, time] = [record.readInt32BE(1), record.readInt32BE(5), record.readInt32BE(9)];
  // Where hg has not looked since it wrote the file, it has written down neither; a copy counts as changed.
  const isSure = record.toString('latin1', 0, 1) === 'n' && size >= 0 && time >= 0 && !record.includes(0, 17);
  const kind = (bits: number): number => bits & 0o170100;
  const seconds = Math.floor(stats.mtimeMs / 1000);
  return isSure && kind(mode) === kind(stats.mode) && size === lowest(stats.size) && time === lowest(seconds);
}

/** Of numbers beyond 2^32, which JavaScript's own operators would cut wrongly. */
const lowest = (value: number): number => ((value % 2 ** 31) + 2 ** 31) % 2 ** 31;
