import type { VcsKind } from '../model/report.js';
import { git } from './git/index.js';
import type { Vcs } from './vcs.js';

/** Every version control system that autosync knows. */
export const systems: readonly Vcs[] = [git];

/** Returns a version control system by its name. */
export function systemOf(kind: VcsKind): Vcs | undefined {
  return systems.find((system) => system.kind === kind);
}
