import { resolve } from 'node:path';
import { commitMessages } from '../engine/commit-message.js';
import { type Target, targetOf } from '../engine/target.js';
import { BY_HAND } from '../model/by-hand.js';
import { AutosyncError } from '../model/errors.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import type { RegisteredRepo } from '../model/repo.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { readSettings, readSettingsFor } from '../store/config.js';
import type { Locations } from '../store/locations.js';
import { findRepoFor, isTopOf, listRepos } from '../store/registry.js';
import { systemClock } from '../system/clock.js';
import { workingFolder } from '../system/environment.js';
import { exists, isFolder, realPath } from '../system/files.js';
import { findRepositories } from '../system/list-tree.js';
import { printable } from '../system/printable.js';
import { warn } from '../system/terminal.js';
import { systemOf, systemsAround } from '../vcs/index.js';
import type { WorkingTree } from '../vcs/vcs.js';

/** Returns the absolute form of a path as it was typed. */
export const absolute = (typed: string): AbsolutePath => asAbsolute(resolve(workingFolder(), typed));

/** Returns every installed repository; files that are wrong are named on standard error, and the others count. */
export function installedRepos(places: Locations): readonly RegisteredRepo[] {
  const { repos, problems } = listRepos(places, parseSchedule);
  for (const { error } of problems) {
    warn(`autosync: ${error.message}`);
    for (const hint of error.hints) warn(`  ${hint}`);
  }
  return repos;
}

/** Returns the installed repositories that were named, or the one around the working folder when none was. */
export function namedRepos(places: Locations, typed: readonly string[]): readonly RegisteredRepo[] {
  const paths = typed.length === 0 ? ['.'] : typed;
  const named = paths.map((path) => {
    const found = findRepoFor(places, { path: absolute(path), parseSchedule });
    if (found !== undefined) return found;
    throw new AutosyncError('usage', `'${printable(path)}' is not an installed repository`, [
      'autosync status shows those that are',
    ]);
  });
  return named.filter(({ id }, at) => named.findIndex((repo) => repo.id === id) === at);
}

/**
 * The same for a command that changes something: each is named by its own folder, or by `.` anywhere inside it. What was
 * mistyped inside a repository would else be done to that one.
 */
export function namedToChange(places: Locations, typed: readonly string[]): readonly RegisteredRepo[] {
  for (const path of typed) {
    const [repo] = namedRepos(places, [path]);
    if (repo === undefined || path === '.' || isTopOf(repo, absolute(path))) continue;
    throw new AutosyncError('usage', `'${printable(path)}' is not an installed repository, but lies inside one`, [
      `if that is meant, name it: '${printable(repo.path)}'`,
    ]);
  }
  return namedRepos(places, typed);
}

/** Returns the repositories to run: a path may be one that is not installed, which is run with the defaults. */
export async function runTargets(places: Locations, typed: readonly string[]): Promise<readonly Target[]> {
  const paths = typed.length === 0 ? ['.'] : typed;
  return await Promise.all(
    paths.map(async (path) => {
      const registered = findRepoFor(places, { path: absolute(path), parseSchedule });
      if (registered !== undefined) return targetOf(registered);
      const tree = await openTree(places, absolute(path));
      const settings = readSettingsFor(places, { top: tree.top, parseSchedule });
      return { path: tree.top, vcs: tree.vcs, settings, registered: undefined };
    }),
  );
}

/**
 * Opens the working tree that a folder lies in, or an installed one, which is the folder itself; that there is none, or
 * no usable one, is a usage error.
 */
export async function openTree(places: Locations, path: AbsolutePath, repo?: RegisteredRepo): Promise<WorkingTree> {
  const shown = printable(path);
  refuseNoFolder(path);
  const settings = repo?.settings ?? readSettings(places, parseSchedule);
  const { now, sleep } = systemClock;
  const known = repo === undefined ? undefined : systemOf(repo.vcs);
  for (const system of known === undefined ? systemsAround(path) : [known]) {
    const opened = await system.open(path, { settings, messages: commitMessages(settings), now, sleep });
    if (opened.kind === 'opened' && isAtHome(opened.tree, repo)) return opened.tree;
    if (opened.kind === 'refused') throw new AutosyncError('failed', `'${shown}': ${opened.why}`, [opened.hint]);
    if (opened.kind === 'bare') {
      throw new AutosyncError('usage', `'${shown}' is a bare repository`, ['name a working tree: a clone of it']);
    }
  }
  throw notThere(shown, repo);
}

function refuseNoFolder(path: AbsolutePath): void {
  const shown = printable(path);
  // What stands for bytes that are no text, which Node does not hand on.
  if (!exists(path) && path.includes('\ufffd')) {
    const hint = 'rename the folder; names inside it may be anything';
    throw new AutosyncError('usage', `the path '${shown}' is not UTF-8 text`, [hint]);
  }
  if (!isFolder(path))
    throw new AutosyncError('usage', `'${shown}' ${exists(path) ? 'is not a folder' : 'does not exist'}`);
}

/** Where an installed repository's own metadata has gone, the one that lies around its folder answers instead. */
const isAtHome = ({ top }: WorkingTree, repo: RegisteredRepo | undefined): boolean =>
  repo === undefined || realPath(top) === realPath(repo.path);

function notThere(shown: string, repo: RegisteredRepo | undefined): AutosyncError {
  if (repo !== undefined) {
    const hint = `bring it back, or: autosync uninstall '${shown}'`;
    return new AutosyncError('usage', `'${shown}' is not a repository any more`, [hint]);
  }
  return new AutosyncError('usage', `'${shown}' is not a repository`, [
    `${BY_HAND.git.init(shown)}, or ${BY_HAND.hg.init(shown)}, or autosync clone <url>`,
  ]);
}

/** Returns the folders that were typed: each as it is, or, for a glob pattern, every repository it finds. */
export function expandPaths(typed: readonly string[]): readonly AbsolutePath[] {
  return typed.flatMap((word) => {
    const path = absolute(word);
    if (exists(path) || !/[*?[{]/.test(word)) return [path];
    const found = findRepositories(word.replace(/\/$/, ''), asAbsolute(workingFolder()));
    if (found.length > 0) return found;
    throw new AutosyncError('usage', `no repository matches '${printable(word)}'`, [
      'quote the pattern, so that the shell leaves it alone',
    ]);
  });
}
