import { sweep } from '../engine/sweep.js';
import { targetOf } from '../engine/target.js';
import { unattended } from '../engine/visit.js';
import { AutosyncError } from '../model/errors.js';
import type { Mirror } from '../model/mirror.js';
import type { RegisteredRepo } from '../model/repo.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import type { Locations } from '../store/locations.js';
import { mirrorData, readMirror } from '../store/mirror-registry.js';
import { findRepoFor } from '../store/registry.js';
import type { WebhookRoute } from '../store/webhook-routes.js';
import { isExecutable } from '../system/files.js';
import { foreign } from '../system/terminal.js';
import { askForRun } from './ask-for-run.js';
import { runMirrors } from './mirrors.js';
import type { Wiring } from './wiring.js';

/** What a route stands for here: a repository, a mirror, or neither any more. */
type Found =
  | { readonly kind: 'repo'; readonly repo: RegisteredRepo }
  | { readonly kind: 'mirror'; readonly mirror: Mirror }
  | { readonly kind: 'nothing'; readonly words: string };

function find(places: Locations, { name, target }: WebhookRoute): Found {
  if (target.kind === 'repo') {
    const repo = findRepoFor(places, { path: target.path, parseSchedule });
    return repo === undefined ? { kind: 'nothing', words: `'${name}' is not installed here` } : { kind: 'repo', repo };
  }
  const mirror = readMirror(places, { name: target.name, parseSchedule });
  return mirror === undefined ? { kind: 'nothing', words: `'${name}' is no mirror here` } : { kind: 'mirror', mirror };
}

/** Leaves word that what a route stands for is to be run soon, and starts that; throws where nothing would come of it. */
export function ringFor({ locations }: Pick<Wiring, 'locations'>, route: WebhookRoute): void {
  const found = find(locations, route);
  if (found.kind === 'nothing') throw new AutosyncError('config', `[webhook.${route.name}]: ${found.words}`);
  if (!isExecutable(locations.launcher)) {
    throw new AutosyncError('environment', `'${locations.launcher}' is missing: nothing would be run`, [
      'autosync doctor --fix',
    ]);
  }
  const path = found.kind === 'repo' ? found.repo.path : mirrorData(locations, found.mirror.name);
  askForRun(locations, { event: 'webhook', path });
}

/** A client waits at most so long for another run that is just at it. */
const WAIT_MS = 10_000;

/** Runs what a route stands for while the client waits, and tells how it went. */
export async function runNow(
  wiring: Wiring,
  route: WebhookRoute,
): Promise<{ readonly ok: boolean; readonly words: string }> {
  const found = find(wiring.locations, route);
  if (found.kind === 'nothing') return { ok: false, words: found.words };
  const [report] =
    found.kind === 'repo'
      ? await sweep(wiring.engine, [targetOf(found.repo)], unattended('hook', WAIT_MS))
      : await runMirrors(wiring, [found.mirror], { trigger: 'webhook', verify: false, waitMs: WAIT_MS });
  const ok = report?.verdict === 'synced' || report?.verdict === 'mirrored';
  if (ok) return { ok, words: `Synchronised ${route.name} successfully.` };
  return { ok, words: foreign(`${report?.verdict}: ${report?.why}`) };
}
