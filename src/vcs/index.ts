import type { AbsolutePath } from '../model/paths.js';
import type { VcsKind } from '../model/report.js';
import { nearestKind } from './discover.js';
import { git } from './git/index.js';
import { hg } from './hg/index.js';
import type { Vcs } from './vcs.js';

/** Every version control system that autosync knows. */
export const systems: readonly Vcs[] = [git, hg];

/** Returns a version control system by its name. */
export function systemOf(kind: VcsKind): Vcs | undefined {
  return systems.find((system) => system.kind === kind);
}

/**
 * Returns the systems that may know a path, likeliest first. Only the one whose metadata is nearest is asked: nobody
 * needs git for a Mercurial repository, nor is one asked about a repository that lies around the one that is meant.
 */
export function systemsAround(path: AbsolutePath): readonly Vcs[] {
  const nearest = nearestKind(path);
  return systems.filter(({ kind }) => kind === (nearest ?? 'git'));
}
