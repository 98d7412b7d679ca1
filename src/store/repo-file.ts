import { isAbsolute, normalize } from 'node:path';
import type { AutosyncError } from '../model/errors.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import type { VcsKind } from '../model/report.js';
import { decodePath, encodePath, isForeignName } from '../system/path-bytes.js';
import { printable } from '../system/printable.js';
import { rawSettingsOf, refuseUnknownKeys } from './config.js';
import { type RawSettings, SETTINGS } from './settings.js';
import { readToml, renderToml, type TomlFile, tomlError } from './toml.js';

/** What a repository's own file says. */
export type RepoFile = {
  readonly path: AbsolutePath;
  readonly vcs: VcsKind;
  readonly hooks: boolean;
  /** Only what the person set. */
  readonly settings: RawSettings;
};

/** A repository's file as it was read, and the TOML that its errors can point into. */
export type FoundRepoFile = RepoFile & { readonly toml: TomlFile };

const HEADER = `# A repository that autosync keeps in step. To change a setting: autosync config <repository> <key> <value>
# To take it back: autosync uninstall <repository>. Comments of your own are not kept.
`;

/** The settings that a repository can have of its own. */
const OWN_SETTINGS = SETTINGS.filter((setting) => setting.scope === 'both').map((setting) => setting.name);

const KNOWN_KEYS = ['path', 'path-bytes', 'vcs', 'hooks', ...OWN_SETTINGS];

/** Returns the text of a repository's file; the same facts always give the same bytes. */
export function renderRepoFile(repo: RepoFile): string {
  const own = OWN_SETTINGS.flatMap((name) => {
    const value = repo.settings[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const facts = renderToml({ ...renderPath(repo.path), vcs: repo.vcs, hooks: repo.hooks });
  const settings = own.length === 0 ? '' : `\n${renderToml(Object.fromEntries(own))}`;
  return `${HEADER}\n${note(repo.path)}${facts}${settings}`;
}

/** TOML is Unicode, and so has no string for a path with other bytes: base64 holds every one. */
const renderPath = (path: AbsolutePath): Readonly<Record<string, string>> =>
  isForeignName(path) ? { 'path-bytes': encodePath(path).toString('base64') } : { path };

const note = (path: AbsolutePath): string =>
  isForeignName(path) ? `# path-bytes, in base64: '${printable(path)}'\n` : '';

/**
 * Reads a repository's file, or undefined when there is none; whatever is wrong with it is an error that says where.
 */
export function readRepoFile(file: AbsolutePath): FoundRepoFile | undefined {
  const toml = readToml(file);
  if (toml === undefined) return undefined;
  if (toml.entries.size === 0) throw tomlError(toml, { says: 'the file is empty', hints: [INSTALL_AGAIN] });
  refuseUnknownKeys(toml, KNOWN_KEYS);
  return { path: readPath(toml), vcs: readVcs(toml), hooks: readHooks(toml), settings: rawSettingsOf(toml), toml };
}

const INSTALL_AGAIN = 'install the repository again: autosync install <repository>';

function readPath(toml: TomlFile): AbsolutePath {
  const bytes = toml.entries.get('path-bytes');
  const path = typeof bytes === 'string' ? decodePath(Buffer.from(bytes, 'base64')) : toml.entries.get('path');
  const key = bytes === undefined ? 'path' : 'path-bytes';
  if (typeof path !== 'string') throw missing(toml, key, 'the absolute path of the repository');
  if (!isAbsolute(path) || normalize(path) !== path || path.includes('\0')) {
    throw missing(toml, key, "an absolute path without '.' or '..' in it");
  }
  return asAbsolute(path);
}

function readVcs(toml: TomlFile): VcsKind {
  const vcs = toml.entries.get('vcs');
  if (vcs === 'git' || vcs === 'hg') return vcs;
  throw missing(toml, 'vcs', "'git' or 'hg'");
}

function readHooks(toml: TomlFile): boolean {
  const hooks = toml.entries.get('hooks');
  if (typeof hooks === 'boolean') return hooks;
  throw missing(toml, 'hooks', 'true or false');
}

/** Returns the error for a key that is not there or has a value of another kind. */
function missing(toml: TomlFile, key: string, expected: string): AutosyncError {
  const says = toml.entries.has(key) ? `the value of '${key}' is not allowed` : `'${key}' is missing`;
  return tomlError(toml, { key, says, hints: [`expected ${expected}`, INSTALL_AGAIN] });
}
