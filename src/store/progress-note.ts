import { isMachineError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { exists, joinPath, makeFolder, readTextIfPresent, remove, writeAtomically } from '../system/files.js';
import type { Locations } from './locations.js';

/** How often a run that somebody watches from another process writes down how far it is, at the most. */
const PAUSE_MS = 100;

/** More of a program's words than one line has. */
const MAX_LENGTH = 400;

const noteFile = ({ state }: Pick<Locations, 'state'>): AbsolutePath => joinPath(state, 'progress');

/** Says that somebody watches what runs in another process. A disk that takes no note is no reason not to run. */
export function askForProgress(places: Locations): void {
  write(places, '');
}

function write(places: Locations, text: string): void {
  try {
    makeFolder(places.state);
    writeAtomically(noteFile(places), text);
  } catch (error) {
    if (!isMachineError(error)) throw error;
  }
}

/** Returns what was last written down; undefined as long as nothing was. */
export function readProgress(places: Locations): string | undefined {
  const text = readTextIfPresent(noteFile(places));
  return text === undefined || text === '' ? undefined : text;
}

/** Nobody watches any more. */
export const forgetProgress = (places: Locations): void => remove(noteFile(places));

/** Returns what writes a run's progress down for whoever asked for it; undefined where nobody did. */
export function progressWriter(
  places: Locations,
  clock: { readonly monotonic: () => number },
): ((text: string) => void) | undefined {
  const file = noteFile(places);
  if (!exists(file)) return undefined;
  let last = Number.NEGATIVE_INFINITY;
  return (text) => {
    const now = clock.monotonic();
    if (now - last < PAUSE_MS || !exists(file)) return;
    last = now;
    write(places, text.slice(-MAX_LENGTH));
  };
}
