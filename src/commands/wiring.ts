import type { EngineContext } from '../engine/context.js';
import type { HookRequest } from '../hooks/hook-installer.js';
import { hookInstallerFor } from '../hooks/index.js';
import { AutosyncError } from '../model/errors.js';
import type { HookSite, RegisteredRepo } from '../model/repo.js';
import { handConflict } from '../notify/command.js';
import { deliver, notifiersFor } from '../notify/index.js';
import { schedulers } from '../scheduler/index.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { type Locations, locations } from '../store/locations.js';
import { readRepo } from '../store/registry.js';
import { systemClock } from '../system/clock.js';
import { homeFolder } from '../system/environment.js';
import { drawProgress, showsProgress } from '../system/terminal.js';
import { systemOf } from '../vcs/index.js';

/** Everything that a command may need, wired to this machine. */
export type Wiring = {
  readonly locations: Locations;
  readonly engine: EngineContext;
  readonly schedulers: readonly Scheduler[];
};

/** Meets every adapter; the only place that knows them all. */
export function wire(): Wiring {
  const places = locations();
  return {
    locations: places,
    schedulers: schedulers(places),
    engine: {
      locations: places,
      clock: systemClock,
      random: Math.random,
      open: (vcs, path, options) => systemFor(vcs).open(path, options),
      tell: (settings, notification) => deliver(notifiersFor(settings), notification),
      handConflict,
      keepHooks: (repo, tree) => keepHooks(places, repo, tree.hookSite),
      ...(showsProgress() ? { progress: drawProgress } : {}),
    },
  };
}

function systemFor(kind: RegisteredRepo['vcs']): NonNullable<ReturnType<typeof systemOf>> {
  const system = systemOf(kind);
  if (system === undefined) throw new Error(`no version control system '${kind}'`);
  return system;
}

/** Returns what a hook installer needs to know of a repository's hook site. */
export const hookRequest = (places: Locations, site: HookSite): HookRequest => ({
  site,
  launcher: places.launcher,
  home: homeFolder(),
});

/**
 * Puts hooks back that another tool has removed; a repository installed without hooks has none to keep. That it cannot
 * be done is no reason not to run: hooks only make things quick, and `autosync doctor` says it.
 */
function keepHooks(places: Locations, repo: RegisteredRepo, site: HookSite): string | undefined {
  // What was wanted when the run began may have been taken back since.
  if (readRepo(places, { id: repo.id, parseSchedule })?.hooks !== true) return undefined;
  const installer = hookInstallerFor(site);
  const request = hookRequest(places, site);
  try {
    if (installer.state(request).kind !== 'missing') return undefined;
    const result = installer.install(request);
    return result.kind === 'installed' ? `put the hooks in '${site.folder}' back` : undefined;
  } catch (error) {
    if (error instanceof AutosyncError) return error.message;
    throw error;
  }
}
