import type { HookSite } from '../model/repo.js';
import { configHooks } from './config-hooks.js';
import { gitHooks } from './git-hooks.js';
import { hgHooks } from './hg-hooks.js';
import type { HookInstaller } from './hook-installer.js';
import { hooksLeftAlone } from './hooks-left-alone.js';

/** In order of choice. */
const hookInstallers: readonly HookInstaller[] = [configHooks, gitHooks, hgHooks, hooksLeftAlone];

/** Returns the way to be told of commits in a place; there is one for every place. */
export function hookInstallerFor(site: HookSite): HookInstaller {
  const found = hookInstallers.find((installer) => installer.handles(site));
  if (found === undefined) throw new Error(`no hook installer for ${site.vcs} in '${site.folder}'`);
  return found;
}
