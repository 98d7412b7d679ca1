import type { Argv } from 'yargs';
import { hookInstallerFor } from '../hooks/index.js';
import { AutosyncError, errorMessage } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { RegisteredRepo } from '../model/repo.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { removeLauncher } from '../store/launcher.js';
import type { Locations } from '../store/locations.js';
import { withLock } from '../store/lock.js';
import { registerRepo, unregisterRepo } from '../store/registry.js';
import { removeState } from '../store/state.js';
import { isFolder, joinPath, listNames, makeFolder, removeEmptyFolder, removeTree } from '../system/files.js';
import { foreign, say, sayJson, warn } from '../system/terminal.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { type Arguments, type Command, isOn, withJson, wordsOf } from './command.js';
import { refreshEntry } from './entry.js';
import { installedMirrors, takeMirrorsBack } from './mirrors.js';
import { shownPath } from './render.js';
import { installedRepos, namedRepos, openTree } from './targets.js';
import { hookRequest, type Wiring, wire } from './wiring.js';

/** Half a minute: a run that is under way is let end. */
const WAIT_MS = 30_000;

/** `autosync uninstall <repo…|--all>`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('repo', { type: 'string', array: true, describe: 'An installed repository' })
      .option('all', {
        type: 'boolean',
        default: false,
        describe: 'Every repository and mirror, the scheduler entry and the launcher',
      })
      .option('purge', { type: 'boolean', default: false, describe: 'With --all: settings, log and state too' })
      .example('$0 uninstall ~/notes', 'take everything back; commits and conflict copies stay')
      .example('$0 uninstall --all --purge', 'leave nothing of autosync on this machine but the program'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const all = isOn(args, 'all');
    const typed = wordsOf(args, 'repo');
    if (isOn(args, 'purge') && !all) throw new AutosyncError('usage', "option '--purge' needs '--all'");
    if (all === typed.length > 0) throw new AutosyncError('usage', 'name the repositories, or give --all');
    const repos = all ? installedRepos(wiring.locations) : namedRepos(wiring.locations, typed);
    const { gone, troubles } = await uninstall(wiring, repos, { all, purge: isOn(args, 'purge') });
    if (isOn(args, 'json')) sayJson({ schema: 1, uninstalled: gone.map(({ path }) => path), troubles });
    else for (const { path } of gone) say(`uninstalled ${shownPath(path)}`);
    for (const trouble of troubles) warn(`autosync: ${foreign(trouble)}`);
    return troubles.length === 0 ? EXIT.done : EXIT.failed;
  },
};

type Extent = { readonly all: boolean; readonly purge: boolean };

type Uninstalled = { readonly gone: readonly RegisteredRepo[]; readonly troubles: readonly string[] };

async function uninstall(wiring: Wiring, repos: readonly RegisteredRepo[], extent: Extent): Promise<Uninstalled> {
  const { locations } = wiring;
  makeFolder(locations.state);
  const uninstalled = await withLock(joinPath(locations.state, 'install.lock'), { waitMs: WAIT_MS }, async () => {
    const gone: RegisteredRepo[] = [];
    const troubles: string[] = [];
    for (const repo of repos) {
      const found = await takeBack(wiring, repo);
      troubles.push(...found);
      if (found.length === 0) gone.push(repo);
    }
    if (extent.all) troubles.push(...(await takeMirrorsBack(locations, installedMirrors(locations))));
    const left = installedRepos(locations).filter(({ id }) => !gone.some((repo) => repo.id === id));
    const isLast = left.length === 0 && installedMirrors(locations).length === 0;
    if (isLast) await Promise.all(wiring.schedulers.map((scheduler) => scheduler.uninstall()));
    else await refreshEntry(wiring.schedulers, locations, left);
    if (isLast) removeLauncher(locations.launcher);
    // Last of all: until then, an uninstallation that was killed can be begun again.
    for (const { id } of gone) {
      removeState(locations, id);
      await unregisterRepo(locations, id);
    }
    return { gone, troubles };
  });
  for (const folder of [locations.repos, locations.config, locations.spool, joinPath(locations.state, 'repos')]) {
    removeEmptyFolder(folder);
  }
  if (extent.purge) for (const folder of [locations.config, locations.data, locations.state]) removeTree(folder);
  return uninstalled;
}

/** Takes back what is in one repository, hooks and our part of its metadata; says what could not be taken. */
async function takeBack(wiring: Wiring, repo: RegisteredRepo): Promise<readonly string[]> {
  const troubles: string[] = [];
  if (isFolder(repo.path)) {
    try {
      await takeBackInside(wiring, repo);
    } catch (error) {
      // A folder that is no repository any more has nothing of ours in it.
      const isGone = error instanceof AutosyncError && error.kind === 'usage';
      if (!isGone) troubles.push(`${repo.path}: ${errorMessage(error)}; it stays installed until that is mended`);
    }
  }
  return troubles;
}

async function takeBackInside({ locations }: Wiring, repo: RegisteredRepo): Promise<void> {
  const tree = await openTree(locations, repo.path, repo);
  // A run that is under way, or comes before all is taken back, would put the hooks back as another tool's doing.
  await registerRepo(locations, { path: repo.path, vcs: repo.vcs, hooks: false, settings: {}, parseSchedule });
  if (isFolder(tree.privateFolder)) {
    await withLock(joinPath(tree.privateFolder, 'lock'), { waitMs: WAIT_MS }, async () => {
      takeHooksBack(locations, tree);
      await tree.heal();
      // Killed from here on, it leaves locks that the next one may then take away at once.
      tree.begin();
      await tree.forget();
    });
    const rescued = listNames(tree.privateFolder).filter((name) => name.startsWith('rescued-'));
    if (rescued.length === 0) removeTree(tree.privateFolder);
    else throw new AutosyncError('failed', `files that were rescued stay in '${tree.privateFolder}'`);
  } else takeHooksBack(locations, tree);
}

function takeHooksBack(locations: Locations, tree: WorkingTree): void {
  // The two differ when `core.hooksPath` was set after the installation: what we put in the old place is still there.
  for (const site of [tree.hookSite, tree.defaultHookSite]) {
    hookInstallerFor(site).uninstall(hookRequest(locations, site));
  }
}
