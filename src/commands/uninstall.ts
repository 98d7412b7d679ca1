import { basename } from 'node:path';
import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { Mirror } from '../model/mirror.js';
import type { RegisteredRepo } from '../model/repo.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { removeLauncher } from '../store/launcher.js';
import type { Locations } from '../store/locations.js';
import { removeDeadLocks, withLock } from '../store/lock.js';
import { listMirrors } from '../store/mirror-registry.js';
import { forgetNoScheduler } from '../store/no-scheduler.js';
import { forgetProgress } from '../store/progress-note.js';
import { listRepos, unregisterRepo } from '../store/registry.js';
import { removeState } from '../store/state.js';
import { joinPath, listNames, lstatIfPresent, makeFolder, removeEmptyFolder, removeTree } from '../system/files.js';
import { foreign, say, sayJson, warn } from '../system/terminal.js';
import { type Arguments, type Command, isOn, withJson, wordsOf } from './command.js';
import { refreshEntry } from './entry.js';
import { takeMirrorsBack } from './mirrors.js';
import { shownPath } from './render.js';
import { takeBack } from './take-back.js';
import { namedToChange } from './targets.js';
import { unreadableRegistrations } from './unreadable.js';
import { type Wiring, wire } from './wiring.js';

/** Half a minute: an installation that is under way is let end. */
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
    // An uninstallation that was killed at its very end may have left them, and has nothing else to do now.
    removeDeadLocks(wiring.locations.state);
    const repos = all ? readable(wiring.locations).repos : namedToChange(wiring.locations, typed);
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
    const installed = readable(locations).repos;
    for (const repo of repos) {
      const others = installed.filter(({ id }) => id !== repo.id && !gone.some((one) => one.id === id));
      const found = await takeBack(locations, repo, others);
      troubles.push(...found);
      if (found.length === 0) gone.push(repo);
    }
    if (extent.all) troubles.push(...(await takeMirrorsBack(locations, readable(locations).mirrors)));
    const unreadable = unreadableRegistrations(locations).map(({ message }) => message);
    if (extent.all) troubles.push(...unreadable.map((why) => `${why}; what it stands for stays installed`));
    const left = installed.filter(({ id }) => !gone.some((repo) => repo.id === id));
    const isLast = left.length === 0 && readable(locations).mirrors.length === 0 && unreadable.length === 0;
    if (isLast) await Promise.all(wiring.schedulers.map((scheduler) => scheduler.uninstall()));
    else await refreshEntry(wiring.schedulers, locations, left);
    if (isLast) {
      removeLauncher(locations.launcher);
      forgetNoScheduler(locations);
      // An installation that was killed may have left it.
      forgetProgress(locations);
    }
    // Last of all: until then, an uninstallation that was killed can be begun again.
    for (const { id } of gone) {
      removeState(locations, id);
      await unregisterRepo(locations, id);
      // A run that was over may have written down how it went just before.
      removeState(locations, id);
    }
    return { gone, troubles };
  });
  for (const folder of [locations.repos, locations.config, locations.spool, joinPath(locations.state, 'repos')]) {
    removeEmptyFolder(folder);
  }
  if (!extent.purge || uninstalled.troubles.length > 0) return uninstalled;
  return { ...uninstalled, troubles: purge(locations) };
}

type Readable = { readonly repos: readonly RegisteredRepo[]; readonly mirrors: readonly Mirror[] };

/** Returns everything that is registered in a file that can be read. */
const readable = (places: Locations): Readable => ({
  repos: listRepos(places, parseSchedule).repos,
  mirrors: listMirrors(places, parseSchedule).mirrors,
});

/** Removes settings, log and state. What the person alone can have back stays, and is named. */
function purge({ config, data, state, merges }: Locations): readonly string[] {
  const linked = [config, data, state].filter((folder) => lstatIfPresent(folder)?.isSymbolicLink());
  const hasMerges = listNames(merges).length > 0;
  for (const folder of [config, data, state].filter((folder) => !linked.includes(folder))) {
    if (folder !== state || !hasMerges) removeTree(folder);
    else for (const name of listNames(state)) if (name !== basename(merges)) removeTree(joinPath(state, name));
  }
  return [
    ...linked.map((folder) => `'${folder}' is a link, which stays with all that it leads to`),
    ...(hasMerges ? [`files that were merged by hand stay in '${merges}'`] : []),
  ];
}
