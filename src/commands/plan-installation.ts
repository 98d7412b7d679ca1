import { isAbsolute } from 'node:path';
import { hookInstallerFor } from '../hooks/index.js';
import type { RegisteredRepo } from '../model/repo.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { readSettings } from '../store/config.js';
import { launcherRecord, refuseForeignLauncher, renderLauncher } from '../store/launcher.js';
import { renderRegistration } from '../store/registry.js';
import { redact } from '../system/printable.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { entryFor, findScheduler } from './entry.js';
import type { InstallWish } from './install-settings.js';
import { installedRepos } from './targets.js';
import { hookRequest, type Wiring } from './wiring.js';

/** One file, or one region of a table, that an installation would write. */
export type PlannedFile = {
  readonly path: string;
  readonly change: string;
  readonly content: string;
  /** The file that is moved here as it is; then there is no content to show. */
  readonly movedFrom?: string;
};

/** What an installation would write and run. */
export type InstallationPlan = { readonly files: readonly PlannedFile[]; readonly commands: readonly string[] };

/** Returns every file with its content and every command, and changes nothing. */
export async function planInstallation(
  wiring: Wiring,
  trees: readonly WorkingTree[],
  wish: InstallWish,
): Promise<InstallationPlan> {
  const { locations, schedulers } = wiring;
  const entry = entryFor(locations, repositoriesThen(wiring, trees, wish));
  const choice = await findScheduler(wish.scheduler, schedulers, entry);
  const scheduler = choice.kind === 'chosen' ? choice.scheduler : undefined;
  refuseForeignLauncher(locations.launcher);
  const launcher = renderLauncher(launcherRecord(locations));
  return {
    files: [
      { path: locations.launcher, change: 'write', content: launcher },
      ...trees.map((tree) => plannedRegistration(wiring, tree, wish)),
      ...((await scheduler?.render(entry)) ?? []).map((file) => ({
        ...file,
        change: isAbsolute(file.path) ? 'write' : 'region',
      })),
      ...(wish.hooks ? trees.flatMap((tree) => plannedHooks(wiring, tree)) : []),
    ],
    commands: scheduler?.commands(entry) ?? [],
  };
}

function plannedRegistration({ locations }: Wiring, tree: WorkingTree, wish: InstallWish): PlannedFile {
  const { hooks, settings } = wish;
  const request = { path: tree.top, vcs: tree.vcs, hooks, settings, parseSchedule };
  const { file, change, content } = renderRegistration(locations, request);
  return { path: file, change, content };
}

function plannedHooks({ locations }: Wiring, tree: WorkingTree): readonly PlannedFile[] {
  const files = hookInstallerFor(tree.hookSite).render(hookRequest(locations, tree.hookSite));
  // git's configuration may hold a password in the URL of a remote.
  return files.filter(({ change }) => change !== 'none').map((file) => ({ ...file, content: redact(file.content) }));
}

/** Returns the repositories as they would be registered, as far as their schedules go. */
function repositoriesThen(
  { locations }: Wiring,
  trees: readonly WorkingTree[],
  wish: InstallWish,
): readonly Pick<RegisteredRepo, 'path' | 'settings'>[] {
  const installed = installedRepos(locations);
  const wanted = wish.settings['schedule'];
  const others = installed.filter(({ path }) => trees.every(({ top }) => top !== path));
  const these = trees.map(({ top }) => {
    const settings = installed.find(({ path }) => path === top)?.settings ?? readSettings(locations, parseSchedule);
    return { path: top, settings: wanted === undefined ? settings : { ...settings, schedule: parseSchedule(wanted) } };
  });
  return [...others, ...these];
}
