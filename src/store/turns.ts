import { joinPath, makeFolder } from '../system/files.js';
import type { Locations } from './locations.js';
import { withLock } from './lock.js';
import { orEnvironmentError } from './own-file.js';

/** Each change is a matter of milliseconds: whoever has to wait for longer would wait for ever. */
const WAIT_MS = 10_000;

/** Changes a part of the store while no other process does, so that neither loses the other's change. */
export function takeTurns<T>(locations: Locations, part: 'registry' | 'state', work: () => T): Promise<T> {
  orEnvironmentError('make', locations.state, () => makeFolder(locations.state));
  return withLock(joinPath(locations.state, `${part}.lock`), { waitMs: WAIT_MS }, work);
}
