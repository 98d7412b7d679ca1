import type { HookSite } from '../model/repo.js';
import { printable } from '../system/printable.js';
import type { HookInstaller } from './hook-installer.js';

/** Hooks that are not one person's, one repository's own: nothing is ever written there, so nothing is to be taken back. */
export const hooksLeftAlone: HookInstaller = {
  handles: (site) => site.owner !== 'own',
  render: () => [],
  install: ({ site }) => ({ kind: 'left-alone', why: whyLeftAlone(site) }),
  uninstall: () => {},
  state: ({ site }) => ({ kind: 'not-ours-to-write', detail: whyLeftAlone(site) }),
};

function whyLeftAlone(site: HookSite): string {
  const whose =
    site.owner === 'tracked'
      ? 'is part of the working tree, where a hook of ours would be a change to commit'
      : 'is outside the repository, where a hook of ours would run for others too';
  return `hooks folder '${printable(site.folder)}' ${whose}; the scheduler does the work`;
}
