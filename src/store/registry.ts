import { basename, dirname, join, sep } from 'node:path';
import { AutosyncError } from '../model/errors.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import type { RegisteredRepo } from '../model/repo.js';
import type { VcsKind } from '../model/report.js';
import { exists, isAbsent, joinPath, listNames, lstatIfPresent, realPath } from '../system/files.js';
import { hashBytes } from '../system/hash.js';
import { encodePath } from '../system/path-bytes.js';
import { mergeSettings, readConfigFile, readSettings } from './config.js';
import type { Locations } from './locations.js';
import { orEnvironmentError, readOwnFile, removeOwnFile, writeOwnFile } from './own-file.js';
import { readRepoFile, renderRepoFile } from './repo-file.js';
import type { ParseSchedule } from './setting-types.js';
import { parseSetting, type RawSettings, settingNamed } from './settings.js';
import { readSharedSettings } from './shared-file.js';
import { type TomlFile, tomlError } from './toml.js';
import { takeTurns } from './turns.js';

/** A repository's file that cannot be used, and why; the others go on. */
export type RegistryProblem = { readonly file: AbsolutePath; readonly error: AutosyncError };

/**
 * What is to be registered: `settings` are texts as a person types them, by setting name, added to those set before.
 */
export type RegisterRequest = {
  readonly path: AbsolutePath;
  readonly vcs: VcsKind;
  readonly hooks: boolean;
  readonly settings: Readonly<Record<string, string>>;
  readonly parseSchedule: ParseSchedule;
};

/** What became of a registration: the repository's id, its file, and whether that had to be written. */
export type Registration = {
  readonly id: string;
  readonly file: AbsolutePath;
  readonly change: 'created' | 'updated' | 'unchanged';
};

const SLUG_CHARACTERS = 40;

/**
 * Returns the name of a repository's own files: its folder's name, in what every system allows, and a hash of its
 * path.
 */
export function repoId(path: AbsolutePath): string {
  const name = basename(path).normalize('NFKD').toLowerCase();
  const slug = name
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_CHARACTERS);
  return `${slug.replace(/^-|-$/g, '') || 'repository'}-${hashBytes(encodePath(path), 'sha256').slice(0, 10)}`;
}

const repoFile = (locations: Locations, id: string): AbsolutePath => joinPath(locations.repos, `${id}.toml`);

/** Tells whether a repository is installed, whatever its file holds. */
export const isRegistered = (locations: Locations, id: string): boolean => exists(repoFile(locations, id));

/** Returns every repository that is installed, ordered by path; an error in `config.toml` concerns all and throws. */
export function listRepos(
  locations: Locations,
  parseSchedule: ParseSchedule,
): { readonly repos: readonly RegisteredRepo[]; readonly problems: readonly RegistryProblem[] } {
  readSettings(locations, parseSchedule);
  const config = readConfigFile(locations.configFile);
  const repos: RegisteredRepo[] = [];
  const problems: RegistryProblem[] = [];
  for (const name of orEnvironmentError('list', locations.repos, () => listNames(locations.repos)).sort()) {
    const file = joinPath(locations.repos, name);
    if (!name.endsWith('.toml')) continue;
    try {
      const repo = loadRepo(file, config, parseSchedule);
      if (repo !== undefined) repos.push(repo);
    } catch (error) {
      if (!(error instanceof AutosyncError)) throw error;
      problems.push({ file, error });
    }
  }
  return { repos: repos.sort((a, b) => (a.path < b.path ? -1 : 1)), problems };
}

/** Returns the repository of an id, or undefined when there is none; a file that cannot be used throws. */
export function readRepo(
  locations: Locations,
  wanted: { readonly id: string; readonly parseSchedule: ParseSchedule },
): RegisteredRepo | undefined {
  const config = readConfigFile(locations.configFile);
  return loadRepo(repoFile(locations, wanted.id), config, wanted.parseSchedule);
}

/** Returns the innermost installed repository at or above a path, which need not exist, whatever links lead to it. */
export function findRepoFor(
  locations: Locations,
  wanted: { readonly path: AbsolutePath; readonly parseSchedule: ParseSchedule },
): RegisteredRepo | undefined {
  const real = resolveLinks(wanted.path);
  for (let folder = real; ; folder = asAbsolute(dirname(folder))) {
    const id = repoId(folder);
    if (isRegistered(locations, id)) return readRepo(locations, { id, parseSchedule: wanted.parseSchedule });
    if (dirname(folder) === folder) break;
  }
  // The folder may have been moved since, and a link left in its place.
  const { repos } = listRepos(locations, wanted.parseSchedule);
  const around = repos.filter((repo) => isWithin(real, resolveLinks(repo.path)));
  return around.sort((a, b) => b.path.length - a.path.length)[0];
}

/** Tells whether a path, whatever links lead to it, is a repository's own folder, and not one inside it. */
export const isTopOf = ({ path }: Pick<RegisteredRepo, 'path'>, typed: AbsolutePath): boolean =>
  [path, resolveLinks(path)].includes(resolveLinks(typed));

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

/** Resolves the links in a path as far as it exists. */
function resolveLinks(path: AbsolutePath): AbsolutePath {
  try {
    return realPath(path);
  } catch (error) {
    if (!isAbsent(error) || dirname(path) === path) return path;
    return asAbsolute(join(resolveLinks(asAbsolute(dirname(path))), basename(path)));
  }
}

function loadRepo(
  file: AbsolutePath,
  config: TomlFile | undefined,
  parseSchedule: ParseSchedule,
): RegisteredRepo | undefined {
  const found = readRepoFile(file);
  if (found === undefined) return undefined;
  const id = repoId(found.path);
  if (basename(file) !== `${id}.toml`) {
    const says = `the file's name is not the one for this path ('${id}.toml')`;
    throw tomlError(found.toml, { key: 'path', says, hints: ['remove the file, then: autosync install <repository>'] });
  }
  const shared = readSharedSettings(found.path, parseSchedule);
  const unknownRules = shared.unknown.filter((name) => !found.toml.entries.has(name));
  const settings = { ...mergeSettings([found.toml, shared.toml, config], parseSchedule), unknownRules };
  return { id, path: found.path, vcs: found.vcs, hooks: found.hooks, settings };
}

/** Registers a repository under its real path, or updates what was registered; again is byte for byte the same. */
export function registerRepo(locations: Locations, request: RegisterRequest): Promise<Registration> {
  return takeTurns(locations, 'registry', () => {
    const { content, ...registration } = renderRegistration(locations, request);
    writeOwnFile(registration.file, content);
    return registration;
  });
}

/** Returns what registering a repository would write, without writing it. */
export function renderRegistration(
  locations: Locations,
  request: RegisterRequest,
): Registration & { readonly content: string } {
  const path = orEnvironmentError('find', request.path, () => realPath(request.path));
  const id = repoId(path);
  const file = repoFile(locations, id);
  const before = readOwnFile(file)?.toString('utf8');
  // A power cut can leave a file of the right length with nothing, or with NULs, in it.
  const lost = before === undefined || /^[\s\0]*$/.test(before);
  const earlier = lost ? {} : (readRepoFile(file)?.settings ?? {});
  const settings = { ...earlier, ...parseTyped(request, request.settings) };
  const content = renderRepoFile({ path, vcs: request.vcs, hooks: request.hooks, settings });
  const change = before === undefined ? 'created' : before === content ? 'unchanged' : 'updated';
  return { id, file, change, content };
}

function parseTyped(
  { vcs, parseSchedule }: Pick<RegisterRequest, 'vcs' | 'parseSchedule'>,
  texts: Readonly<Record<string, string>>,
): RawSettings {
  const parsed = Object.entries(texts).map(([name, text]) => {
    refuseGlobal(name);
    refuseForeign(name, vcs);
    return [name, parseSetting({ name, text, parseSchedule })] as const;
  });
  return Object.fromEntries(parsed);
}

function refuseGlobal(name: string): void {
  if (settingNamed(name).scope === 'both') return;
  throw new AutosyncError('usage', `'${name}' is the same for all repositories`, ['set it in config.toml']);
}

/** What this system cannot do, nobody shall believe to be done. */
function refuseForeign(name: string, vcs: VcsKind): void {
  const { only } = settingNamed(name);
  if (only === undefined || only === vcs) return;
  throw new AutosyncError('usage', `'${name}' works with ${only} alone, and this repository is one of ${vcs}`, [
    'docs/history.md says why',
  ]);
}

/** Removes a repository's file, whatever is in it; returns whether there was one. */
export function unregisterRepo(locations: Locations, id: string): Promise<boolean> {
  return takeTurns(locations, 'registry', () => {
    const file = repoFile(locations, id);
    const wasThere = lstatIfPresent(file) !== undefined;
    removeOwnFile(file);
    return wasThere;
  });
}

/** Sets one of a repository's settings from a text as a person types it, or (undefined) goes back to the default. */
export function setSetting(
  locations: Locations,
  wanted: {
    readonly id: string;
    readonly name: string;
    readonly value: string | undefined;
    readonly parseSchedule: ParseSchedule;
  },
): Promise<'changed' | 'unchanged'> {
  return takeTurns(locations, 'registry', () => {
    const file = repoFile(locations, wanted.id);
    const repo = readRepoFile(file);
    if (repo === undefined) throw new AutosyncError('usage', `no repository '${wanted.id}' is installed`);
    refuseGlobal(wanted.name);
    const { [wanted.name]: _earlier, ...others } = repo.settings;
    const added =
      wanted.value === undefined ? {} : parseTyped({ ...wanted, vcs: repo.vcs }, { [wanted.name]: wanted.value });
    const content = renderRepoFile({ ...repo, settings: { ...others, ...added } });
    if (content === repo.toml.text) return 'unchanged';
    writeOwnFile(file, content);
    return 'changed';
  });
}

/** Returns only those settings that were set for a repository itself, as they were written. */
export const rawSettings = (locations: Locations, id: string): RawSettings =>
  readRepoFile(repoFile(locations, id))?.settings ?? {};
