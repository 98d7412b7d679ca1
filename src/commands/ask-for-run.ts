import type { AbsolutePath } from '../model/paths.js';
import type { Locations } from '../store/locations.js';
import { putRequest } from '../store/spool.js';
import { childEnvironment, RUNNING_MARKER } from '../system/environment.js';
import { execDetached } from '../system/exec-detached.js';
import { isExecutable } from '../system/files.js';

/** Leaves a request for a run of the repository around a path, and starts a process that serves it; waits for nothing. */
export function askForRun(
  places: Pick<Locations, 'spool' | 'launcher'>,
  request: { readonly event: string; readonly path: AbsolutePath },
): void {
  putRequest(places.spool, request);
  startOnSpool(places);
}

/** Starts a process that serves what waits in the spool, and does not wait for it. */
export function startOnSpool({ launcher }: Pick<Locations, 'launcher'>): void {
  if (!isExecutable(launcher)) return;
  // What it runs is no part of a run that is under way.
  const { [RUNNING_MARKER]: _ours, ...env } = childEnvironment();
  execDetached({ program: launcher, args: ['snapshot', '--spool'], cwd: '/', env });
}
