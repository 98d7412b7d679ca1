import type { HookResult } from '../hooks/hook-installer.js';
import { hookInstallerFor } from '../hooks/index.js';
import { BY_HAND } from '../model/by-hand.js';
import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import type { SchedulerChoice } from '../scheduler/index.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import type { SchedulerEntry } from '../scheduler/scheduler.js';
import { installLauncher, launcherRecord, removeLauncher } from '../store/launcher.js';
import type { Locations } from '../store/locations.js';
import { withLock } from '../store/lock.js';
import { type Registration, registerRepo, unregisterRepo } from '../store/registry.js';
import { exists, joinPath, makeFolder } from '../system/files.js';
import { printable } from '../system/printable.js';
import { systemOf } from '../vcs/index.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { entryFor, findScheduler, moveEntry, rememberWish, type Undo } from './entry.js';
import { distrustedSettings } from './hg-trust.js';
import type { InstallWish } from './install-settings.js';
import { linkedTrees, takeHooksBack } from './take-back.js';
import { installedRepos, openTree } from './targets.js';
import { hookRequest, type Wiring } from './wiring.js';

/** What an installation did for one repository. */
export type InstalledRepo = {
  readonly tree: WorkingTree;
  readonly registration: Registration;
  readonly hooks: HookResult | { readonly kind: 'not-wanted' };
};

/** What an installation did. */
export type Installation = {
  readonly repos: readonly InstalledRepo[];
  readonly scheduler: SchedulerChoice;
};

/** Half a minute: another install of the same user is quick. */
const WAIT_MS = 30_000;

/** Looks at a folder that is to be installed; whatever speaks against it is an error with the way out. */
export async function inspectCandidate(wiring: Wiring, path: AbsolutePath, wish: InstallWish): Promise<WorkingTree> {
  const tree = await openTree(wiring.locations, path);
  const distrust = tree.vcs === 'hg' ? await distrustedSettings(tree.top) : undefined;
  if (distrust !== undefined) throw new AutosyncError('environment', distrust.why, [distrust.mend]);
  const remotes = (await systemOf(tree.vcs)?.remotes(tree.top)) ?? [];
  const shown = printable(tree.top);
  if (remotes.length === 0) {
    throw new AutosyncError('usage', `'${shown}' has no remote`, [
      'autosync keeps machines equal through a shared repository:',
      `cd '${shown}' && ${BY_HAND[tree.vcs].addHub}`,
    ]);
  }
  const wanted = wish.settings['remote'];
  if (wanted !== undefined && !remotes.includes(wanted)) {
    throw new AutosyncError('usage', `'${shown}' has no remote '${printable(wanted)}'`, [
      `it has: ${remotes.join(', ')}`,
    ]);
  }
  return tree;
}

/**
 * Puts everything in place: launcher, registration, scheduler entry, hooks. What fails half-way takes back what this
 * installation itself had added.
 */
export async function install(wiring: Wiring, trees: readonly WorkingTree[], wish: InstallWish): Promise<Installation> {
  const { locations } = wiring;
  makeFolder(locations.state);
  return await withLock(joinPath(locations.state, 'install.lock'), { waitMs: WAIT_MS }, async () => {
    const earlier = installedRepos(locations);
    const before = entryFor(locations, earlier);
    const choice = await findScheduler(wish.scheduler, wiring.schedulers, before);
    let undo: Undo = async () => {};
    const hadLauncher = exists(locations.launcher);
    installLauncher(locations.launcher, launcherRecord(locations));
    const added: Registration[] = [];
    try {
      for (const tree of trees) {
        const { hooks, settings } = wish;
        added.push(await registerRepo(locations, { path: tree.top, vcs: tree.vcs, hooks, settings, parseSchedule }));
      }
      undo = await placeEntry(wiring, { choice, wish, before });
      const repos = trees.map((tree, at) => ({
        tree,
        registration: expectPresent(added[at]),
        hooks: placeHooks(wiring, tree, wish),
      }));
      rememberWish(locations, wish.scheduler);
      return { repos, scheduler: choice };
    } catch (error) {
      const created = added.filter(({ change }) => change === 'created');
      for (const { id } of created) await unregisterRepo(locations, id);
      for (const tree of trees.filter((_, at) => added[at]?.change === 'created')) tryToTakeHooksBack(locations, tree);
      await undo();
      if (!hadLauncher) removeLauncher(locations.launcher);
      throw error;
    }
  });
}

/** What stood in the way of the installation may do so here as well, and is what the person is told. */
function tryToTakeHooksBack(places: Locations, tree: WorkingTree): void {
  try {
    takeHooksBack(places, tree, linkedTrees(tree, installedRepos(places)));
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
  }
}

function expectPresent<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a registration is missing');
  return value;
}

type Placing = { readonly choice: SchedulerChoice; readonly wish: InstallWish; readonly before: SchedulerEntry };

/** Moves the entry to where it was chosen to be; one that nothing runs at the moment goes only when a person wants it. */
async function placeEntry({ locations, schedulers }: Wiring, { choice, wish, before }: Placing): Promise<Undo> {
  const entries = { before, after: entryFor(locations, installedRepos(locations)) };
  if (choice.kind === 'chosen') return await moveEntry(schedulers, choice.scheduler, entries);
  return wish.scheduler === 'none' ? await moveEntry(schedulers, undefined, entries) : async () => {};
}

function placeHooks({ locations }: Wiring, tree: WorkingTree, wish: InstallWish): InstalledRepo['hooks'] {
  const request = hookRequest(locations, tree.hookSite);
  const installer = hookInstallerFor(tree.hookSite);
  if (wish.hooks) return installer.install(request);
  installer.uninstall(request);
  return { kind: 'not-wanted' };
}
