import { AutosyncError } from '../model/errors.js';
import type { Mirror } from '../model/mirror.js';
import type { RegisteredRepo } from '../model/repo.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import type { Locations } from '../store/locations.js';
import { isHeld } from '../store/lock.js';
import { mirrorData, readMirror } from '../store/mirror-registry.js';
import { findRepoFor } from '../store/registry.js';
import { putRequest, readSpool, spoolLock } from '../store/spool.js';
import type { WebhookRoute } from '../store/webhook-routes.js';
import { systemClock } from '../system/clock.js';
import { isExecutable } from '../system/files.js';
import { startOnSpool } from './ask-for-run.js';

/** What a route stands for here: a repository, a mirror, or neither any more. */
export type RingTarget =
  | { readonly kind: 'repo'; readonly repo: RegisteredRepo }
  | { readonly kind: 'mirror'; readonly mirror: Mirror }
  | { readonly kind: 'nothing'; readonly words: string };

/** Finds what a route stands for. */
export function findRingTarget(places: Locations, { name, target }: WebhookRoute): RingTarget {
  if (target.kind === 'repo') {
    const repo = findRepoFor(places, { path: target.path, parseSchedule });
    return repo === undefined ? { kind: 'nothing', words: `'${name}' is not installed here` } : { kind: 'repo', repo };
  }
  const mirror = readMirror(places, { name: target.name, parseSchedule });
  return mirror === undefined ? { kind: 'nothing', words: `'${name}' is no mirror here` } : { kind: 'mirror', mirror };
}

/** A minute: so long it may take on a busy machine until a run has begun; whoever asked for it may have died, too. */
const BEGINS_WITHIN_MS = 60_000;

/**
 * Leaves word that what a route stands for is to be run soon, and starts that; throws where nothing would come of it. Of
 * many who ring at once one starts a run: for the others a word that waits, or a run that will look again, is enough.
 */
export function ringFor(places: Locations, route: WebhookRoute): void {
  const found = findRingTarget(places, route);
  if (found.kind === 'nothing') throw new AutosyncError('config', `[webhook.${route.name}]: ${found.words}`);
  if (!isExecutable(places.launcher)) {
    throw new AutosyncError('environment', `'${places.launcher}' is missing: nothing would be run`, [
      'autosync doctor --fix',
    ]);
  }
  const path = found.kind === 'repo' ? found.repo.path : mirrorData(places, found.mirror.name);
  const request = { event: 'webhook', path };
  const waiting = readSpool(places.spool).filter((one) => one.event === request.event && one.path === path);
  const now = systemClock.now();
  if (waiting.some(({ at }) => at <= now && now - at < BEGINS_WITHIN_MS)) return;
  putRequest(places.spool, request);
  // Whoever serves the spool looks into it once more when he has given up its lock: asked for after that, not before.
  if (!isHeld(spoolLock(places))) startOnSpool(places);
}
