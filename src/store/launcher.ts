import { delimiter, dirname, isAbsolute } from 'node:path';
import { AutosyncError } from '../model/errors.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { currentUmask, homeFolder, node, pathCandidates, platform, variable } from '../system/environment.js';
import {
  isExecutable,
  lstatIfPresent,
  readTextIfPresent,
  realPath,
  remove,
  removeEmptyFolder,
  setMode,
  writeAtomically,
} from '../system/files.js';
import { entryPoint, readTemplate } from '../system/package.js';
import { encodePath } from '../system/path-bytes.js';
import { printable } from '../system/printable.js';
import { quoteBatch, quoteShell } from '../system/quote.js';
import { fillTemplate } from '../system/template.js';
import type { Locations } from './locations.js';
import { orEnvironmentError } from './own-file.js';

/** What the launcher remembers of the shell that installed it; a text is empty where there was nothing to remember. */
export type LauncherRecord = {
  /** The program to start: `bin/autosync.js`. */
  readonly entry: AbsolutePath;
  /** The folder of `launcher.log` and `spool`. */
  readonly state: AbsolutePath;
  readonly home: AbsolutePath;
  /** The node that ran the installation; often in a folder that goes away with its version. */
  readonly node: AbsolutePath;
  /** Another name of the same node that is expected to outlive an upgrade, such as `/opt/homebrew/bin/node`. */
  readonly stableNode: string;
  readonly path: string;
  readonly sshAuthSock: string;
  readonly umask: number;
  readonly configHome: string;
  readonly dataHome: string;
  readonly stateHome: string;
};

/** What happened to the launcher's file. */
export type LauncherChange = 'created' | 'updated' | 'unchanged';

/**
 * Folders that are put on PATH for one project or one shell only. The first could be filled by a push: were it on the
 * launcher's PATH, a repository could bring its own git.
 */
const PASSING = /\/node_modules\/\.bin$|\/node-gyp-bin$|\/fnm_multishells\//;

/** The launcher is the person's alone, and may be run. */
const MODE = 0o700;

/** Returns what a launcher that is installed now has to remember. */
export function launcherRecord(locations: Locations): LauncherRecord {
  return {
    entry: entryPoint,
    state: locations.state,
    home: homeFolder(),
    node: asAbsolute(node.path),
    stableNode: stableNode() ?? '',
    path: lastingFolders(variable('PATH') ?? '').join(delimiter),
    sshAuthSock: variable('SSH_AUTH_SOCK') ?? '',
    umask: currentUmask(),
    configHome: variable('XDG_CONFIG_HOME') ?? '',
    dataHome: variable('XDG_DATA_HOME') ?? '',
    stateHome: variable('XDG_STATE_HOME') ?? '',
  };
}

/** Returns the launcher's text: a POSIX shell script, on Windows a batch file, that depends on nothing but itself. */
export function renderLauncher(record: LauncherRecord, on: NodeJS.Platform = platform): string {
  if (on === 'win32') return renderBatch(record);
  const umask = record.umask.toString(8).padStart(3, '0');
  return fillTemplate(readTemplate('launcher/run.sh'), { ...record, umask }, quoteShell);
}

/** Windows has no agent's socket, no umask and no XDG folders to remember. */
function renderBatch({ entry, state, node: recorded, stableNode: stable, path }: LauncherRecord): string {
  const values = { entry, state, node: recorded, stableNode: stable, path };
  return fillTemplate(readTemplate('launcher/run.cmd'), values, quoteBatch).replaceAll('\n', '\r\n');
}

/** What differs from one terminal to the next, and does not make a launcher wrong. */
const INCIDENTAL = /^(recorded_(node|stable_node|path|agent|umask)=|set "(recorded_(node|stable_node)|PATH)=).*$/gm;

/** Tells whether a launcher's text starts this program with these folders; what only its terminal had may differ. */
export const isCurrentLauncher = (text: string, record: LauncherRecord): boolean =>
  text.replace(INCIDENTAL, '') === renderLauncher(record).replace(INCIDENTAL, '');

/** What every launcher has in its first lines. */
const SIGN = "autosync's launcher";

/** Tells whether a file of somebody else's stands in the launcher's place; one that a power cut has emptied is nobody's. */
function isForeignLauncher(path: AbsolutePath): boolean {
  const text = orEnvironmentError('read', path, () => readTextIfPresent(path)) ?? '';
  return !text.includes(SIGN) && /[^\0]/.test(text);
}

/** Throws where a file of somebody else's would have to make way for the launcher. */
export function refuseForeignLauncher(path: AbsolutePath): void {
  if (!isForeignLauncher(path)) return;
  throw new AutosyncError('environment', `'${printable(path)}' is there, and was not written by autosync`, [
    'look at it, and move it away if it can go',
  ]);
}

/** Writes the launcher, whole, unless it stands there already; never over a file of somebody else's. */
export function installLauncher(path: AbsolutePath, record: LauncherRecord): LauncherChange {
  refuseForeignLauncher(path);
  return orEnvironmentError('write', path, () => {
    const before = lstatIfPresent(path);
    const bytes = encodePath(renderLauncher(record));
    writeAtomically(path, bytes, MODE);
    const after = lstatIfPresent(path);
    const modeIsRight = after === undefined || (after.mode & 0o777) === MODE;
    if (!modeIsRight) setMode(path, MODE);
    if (before === undefined) return 'created';
    return modeIsRight && before.ino === after?.ino ? 'unchanged' : 'updated';
  });
}

/** Removes the launcher, and its folder if nothing else is in it; a file of somebody else's in its place stays. */
export function removeLauncher(path: AbsolutePath): void {
  if (isForeignLauncher(path)) return;
  orEnvironmentError('remove', path, () => {
    remove(path);
    removeEmptyFolder(dirname(path));
  });
}

/** Finds another name on PATH for the node that runs us. */
function stableNode(): string | undefined {
  return pathCandidates('node').find(
    (candidate) =>
      candidate !== node.path &&
      lastingFolders(dirname(candidate)).length > 0 &&
      isExecutable(candidate) &&
      realPath(candidate) === realPath(node.path),
  );
}

/** Returns the folders of a PATH that mean the same tomorrow, from any working folder. */
function lastingFolders(path: string): readonly string[] {
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder) && !PASSING.test(folder));
  return [...new Set(folders)];
}
