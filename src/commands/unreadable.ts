import type { AutosyncError } from '../model/errors.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import type { Locations } from '../store/locations.js';
import { listMirrors } from '../store/mirror-registry.js';
import { listRepos } from '../store/registry.js';

/**
 * Returns what is wrong with the files of repositories and mirrors that cannot be used. Each stands for one that is
 * installed all the same: what it needs must stay, and nobody may say that all is well.
 */
export const unreadableRegistrations = (places: Locations): readonly AutosyncError[] => [
  ...listRepos(places, parseSchedule).problems.map(({ error }) => error),
  ...listMirrors(places, parseSchedule).problems,
];
