import { sweep } from '../engine/sweep.js';
import { targetOf } from '../engine/target.js';
import { unattended } from '../engine/visit.js';
import type { WebhookRoute } from '../store/webhook-routes.js';
import { foreign } from '../system/terminal.js';
import { runMirrors } from './mirrors.js';
import { findRingTarget } from './webhook-ring.js';
import { wire } from './wiring.js';

/** A client waits at most so long for another run that is just at it. */
const WAIT_MS = 10_000;

/** Runs what a route stands for while the client waits, and tells how it went. */
export async function runNow(route: WebhookRoute): Promise<{ readonly ok: boolean; readonly words: string }> {
  const wiring = wire();
  const found = findRingTarget(wiring.locations, route);
  if (found.kind === 'nothing') return { ok: false, words: found.words };
  const [report] =
    found.kind === 'repo'
      ? await sweep(wiring.engine, [targetOf(found.repo)], unattended('hook', WAIT_MS))
      : await runMirrors(wiring, [found.mirror], { trigger: 'webhook', verify: false, waitMs: WAIT_MS });
  const ok = report?.verdict === 'synced' || report?.verdict === 'mirrored';
  if (ok) return { ok, words: `Synchronised ${route.name} successfully.` };
  return { ok, words: foreign(`${report?.verdict}: ${report?.why}`) };
}
