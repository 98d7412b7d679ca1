import { dirname } from 'node:path';
import { hookInstallerFor } from '../hooks/index.js';
import { AutosyncError, errorMessage } from '../model/errors.js';
import { asAbsolute } from '../model/paths.js';
import type { HookSite, RegisteredRepo } from '../model/repo.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import type { Locations } from '../store/locations.js';
import { withLock } from '../store/lock.js';
import { registerRepo } from '../store/registry.js';
import { isFolder, joinPath, listNames, realPath, removeTree } from '../system/files.js';
import { printable } from '../system/printable.js';
import { warn } from '../system/terminal.js';
import { commonFolder } from '../vcs/git/common-folder.js';
import { RESCUED } from '../vcs/rescued.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { openTree } from './targets.js';
import { hookRequest } from './wiring.js';

/** Half a minute: a run that is under way is let end. */
const WAIT_MS = 30_000;

/**
 * Takes back what is in one repository, hooks and our part of its metadata; says what could not be taken. `others` are
 * those that stay installed: what they have in common with it stays, too.
 */
export async function takeBack(
  places: Locations,
  repo: RegisteredRepo,
  others: readonly RegisteredRepo[],
): Promise<readonly string[]> {
  if (!isFolder(repo.path)) return goneWith(repo);
  try {
    await takeBackInside(places, repo, others);
    return [];
  } catch (error) {
    if (error instanceof AutosyncError && error.kind === 'usage') return goneWith(repo);
    return [`${repo.path}: ${errorMessage(error)}; it stays installed until that is mended`];
  }
}

/** One that was moved, or whose disk is not there now, still has our hooks in it. */
function goneWith({ path }: RegisteredRepo): readonly string[] {
  warn(`autosync: '${printable(path)}' has no repository in it; nothing could be taken back there`);
  return [];
}

async function takeBackInside(
  places: Locations,
  repo: RegisteredRepo,
  others: readonly RegisteredRepo[],
): Promise<void> {
  const tree = await openTree(places, repo.path, repo);
  const linked = linkedTrees(tree, others);
  // A run that is under way, or comes before all is taken back, would put the hooks back as another tool's doing.
  await registerRepo(places, { path: repo.path, vcs: repo.vcs, hooks: false, settings: {}, parseSchedule });
  if (isFolder(tree.privateFolder)) {
    await withLock(joinPath(tree.privateFolder, 'lock'), { waitMs: WAIT_MS }, async () => {
      takeHooksBack(places, tree, linked);
      await tree.heal();
      // Killed from here on, it leaves locks that the next one may then take away at once.
      tree.begin();
      if (linked.length === 0) await tree.forget();
    });
    const rescued = listNames(tree.privateFolder).filter((name) => name.startsWith(RESCUED));
    if (rescued.length === 0) removeTree(tree.privateFolder);
    else throw new AutosyncError('failed', `files that were rescued stay in '${tree.privateFolder}'`);
  } else {
    takeHooksBack(places, tree, linked);
    // It never ran itself, and may be the last of several that had refs in common.
    if (linked.length === 0) await tree.forget();
  }
}

/** Returns those of some repositories that are working trees of the same one: its hooks and refs are theirs, too. */
export function linkedTrees(tree: WorkingTree, repos: readonly RegisteredRepo[]): readonly RegisteredRepo[] {
  if (tree.vcs !== 'git') return [];
  const common = realPath(dirname(tree.defaultHookSite.folder));
  // git keeps a folder in there for each linked one.
  if (!isFolder(joinPath(common, 'worktrees'))) return [];
  return repos.filter(({ path, vcs }) => vcs === 'git' && path !== tree.top && commonFolder(path) === common);
}

/** Takes the hooks of a working tree back; those that linked ones want to keep stay. */
export function takeHooksBack(places: Locations, tree: WorkingTree, linked: readonly RegisteredRepo[]): void {
  // The two differ when `core.hooksPath` was set after the installation: what we put in the old place is still there.
  const sites = [tree.hookSite, tree.defaultHookSite];
  for (const site of linked.some(({ hooks }) => hooks) ? sites.flatMap((site) => ownPart(tree, site)) : sites) {
    hookInstallerFor(site).uninstall(hookRequest(places, site));
  }
}

/** What of a place for hooks is one working tree's alone, as husky's folder is; the configuration never is. */
function ownPart({ top, defaultHookSite }: WorkingTree, site: HookSite): readonly HookSite[] {
  const common = asAbsolute(dirname(defaultHookSite.folder));
  const isOwn = site.folder.startsWith(`${top}/`) && !site.folder.startsWith(`${common}/`);
  return isOwn ? [{ ...site, config: undefined }] : [];
}
