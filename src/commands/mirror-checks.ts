import { hasHgGit, type Reach, reachDestination, reachSource } from '../mirror/reach.js';
import { type Site, siteOf } from '../mirror/site.js';
import { hasSourceHook, installSourceHook } from '../mirror/source-hook.js';
import { BY_HAND } from '../model/by-hand.js';
import type { Mirror } from '../model/mirror.js';
import type { VcsKind } from '../model/report.js';
import { parseSchedule, scheduleText } from '../scheduler/schedule-text.js';
import { readSettings } from '../store/config.js';
import { mirrorData } from '../store/mirror-registry.js';
import { readMirrorState } from '../store/mirror-state.js';
import { quoteShell } from '../system/quote.js';
import { relativeTime } from '../system/time-words.js';
import type { Check } from './checks.js';
import type { Finding } from './finding.js';
import { mirrorRow } from './mirror-rows.js';
import { routesTo, webhookRoutes } from './mirror-webhook.js';
import type { Wiring } from './wiring.js';

const ok = (detail: string): Finding => ({ result: 'ok', detail });

/** Returns the checks of one mirror. */
export function mirrorChecks(wiring: Wiring, mirror: Mirror): readonly Check[] {
  const { source, destination, backend, triggers } = mirror;
  const look = { hg: `hg identify ${quoteShell(source)}`, git: `git ls-remote ${quoteShell(destination)}` };
  const reach = async (side: VcsKind): Promise<Finding> => {
    const site = await siteFor(wiring, mirror);
    return found(side, look[side], side === 'hg' ? await reachSource(site) : await reachDestination(site));
  };
  return [
    { name: 'source', look: () => reach('hg') },
    { name: 'destination', look: () => reach('git') },
    ...(triggers.includes('hook') ? [{ name: 'hooks', look: async () => checkHooks(wiring, mirror) }] : []),
    ...(triggers.includes('webhook') ? [{ name: 'webhook', look: async () => checkRoute(wiring, mirror) }] : []),
    ...(backend === 'hggit' ? [{ name: 'hg-git', look: () => checkHgGit(wiring, mirror) }] : []),
    { name: 'last success', look: async () => checkLastSuccess(wiring, mirror) },
    { name: 'lag', look: () => checkLag(wiring, mirror) },
  ];
}

async function siteFor({ locations }: Wiring, mirror: Mirror): Promise<Site> {
  const { networkTimeoutSeconds } = readSettings(locations, parseSchedule);
  return siteOf({ mirror, folder: mirrorData(locations, mirror.name), networkTimeoutSeconds, progress: undefined });
}

function found(side: VcsKind, look: string, reach: Reach): Finding {
  if (reach.kind === 'reached') return ok(side === 'git' ? 'reached, and it takes pushes' : 'reached');
  const { reason, why } = reach;
  const isPassing = reason === 'offline' || reason === 'timeout';
  const mend = isPassing ? BY_HAND[side].mend[reason] : `${look} shows it in full`;
  return { result: isPassing ? 'warning' : 'error', detail: `${reason}: ${why}`, mend };
}

function checkHooks({ locations }: Wiring, mirror: Mirror): Finding {
  const hooked = { mirror, launcher: locations.launcher };
  if (hasSourceHook(hooked)) return ok(`in '${mirror.source}/.hg/hgrc'`);
  const fix = (): void => installSourceHook(hooked);
  return { result: 'warning', detail: 'are not in place', mend: 'autosync doctor --fix', fix };
}

function checkRoute({ locations }: Wiring, { name }: Mirror): Finding {
  const routes = routesTo(webhookRoutes(locations), name);
  if (routes.length > 0) return ok(routes.join(', '));
  const mend = `[webhook.<name>] with mirror = "${name}" in '${locations.configFile}'; docs/webhook.md`;
  return { result: 'warning', detail: 'no route rings for it', mend };
}

async function checkHgGit(wiring: Wiring, mirror: Mirror): Promise<Finding> {
  if (await hasHgGit(await siteFor(wiring, mirror))) return ok('hg has the extension');
  const mend = 'install hg-git (Debian: apt-get install mercurial-git)';
  return { result: 'error', detail: 'hg-git is not installed', mend };
}

function checkLastSuccess({ locations, engine }: Wiring, { name, triggers, schedule }: Mirror): Finding {
  const { lastGoodRunAt, lastVerdict, lastWhy, failures } = readMirrorState(locations, name);
  const last = lastGoodRunAt === undefined ? 'never' : relativeTime(lastGoodRunAt, engine.clock.now());
  const often = triggers.includes('schedule') ? ` (${scheduleText(schedule)})` : '';
  if (failures === 0 && lastGoodRunAt !== undefined) return ok(`${last}${often}`);
  const detail = `${last}; since then: ${lastWhy || lastVerdict || 'no run at all'}`;
  return { result: 'warning', detail, mend: `autosync mirror run ${name}` };
}

async function checkLag(wiring: Wiring, mirror: Mirror): Promise<Finding> {
  const { lag } = await mirrorRow(wiring, mirror, []);
  if (lag === 0) return ok('none');
  const detail = `${lag} ${lag === 1 ? 'changeset is' : 'changesets are'} not in git`;
  return { result: 'warning', detail, mend: `autosync mirror run ${mirror.name}` };
}
