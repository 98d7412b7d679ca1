import type { RegisteredRepo } from '../model/repo.js';

/** A repository to run: one that is installed, or one that is only visited. */
export type Target = Pick<RegisteredRepo, 'path' | 'vcs' | 'settings'> & {
  readonly registered: RegisteredRepo | undefined;
};

/** Returns an installed repository as something to run. */
export const targetOf = (registered: RegisteredRepo): Target => ({
  path: registered.path,
  vcs: registered.vcs,
  settings: registered.settings,
  registered,
});
