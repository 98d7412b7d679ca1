import type { Mirror } from '../model/mirror.js';
import { asAbsolute } from '../model/paths.js';
import { readMirrorState } from '../store/mirror-state.js';
import type { WebhookRoute } from '../store/webhook-routes.js';
import { isFolder } from '../system/files.js';
import { redact } from '../system/printable.js';
import { colour, foreign } from '../system/terminal.js';
import { relativeTime } from '../system/time-words.js';
import { hgIn } from '../vcs/hg/command.js';
import { routesTo, webhookRoutes } from './mirror-webhook.js';
import { shownPath, table } from './render.js';
import type { Wiring } from './wiring.js';

/** How one mirror stands; times are ISO 8601, null when there was none. */
export type MirrorRow = {
  readonly name: string;
  readonly source: string;
  readonly destination: string;
  readonly backend: string;
  readonly triggers: readonly string[];
  /** Where whoever rings for it has to ring: `/hook/project`; those that `config.toml` has. */
  readonly routes: readonly string[];
  readonly verdict: string;
  readonly lastRunAt: string | null;
  readonly lastSuccessAt: string | null;
  /** Changesets that the git side does not have; of a source elsewhere, as of the last run. */
  readonly lag: number;
  readonly lastError: string | null;
};

/** Returns how some mirrors stand. */
export async function mirrorRows(wiring: Wiring, mirrors: readonly Mirror[]): Promise<readonly MirrorRow[]> {
  const routes = mirrors.length === 0 ? [] : webhookRoutes(wiring.locations);
  const rows: MirrorRow[] = [];
  for (const mirror of mirrors) rows.push(await mirrorRow(wiring, mirror, routes));
  return rows;
}

/** Returns how a mirror stands; `routes` are those of the webhook. */
export async function mirrorRow(
  { locations }: Pick<Wiring, 'locations'>,
  mirror: Mirror,
  routes: readonly WebhookRoute[],
): Promise<MirrorRow> {
  const { name, source, destination, backend, triggers } = mirror;
  const state = readMirrorState(locations, name);
  const there = (await countChangesets(source)) ?? state.changesets;
  return {
    name,
    source: redact(source),
    destination: redact(destination),
    backend,
    triggers,
    routes: routesTo(routes, name),
    verdict: state.lastVerdict ?? 'never-ran',
    lastRunAt: iso(state.lastRunAt),
    lastSuccessAt: iso(state.lastGoodRunAt),
    lag: Math.max(0, there - state.mirrored),
    lastError: state.lastWhy === undefined || state.lastWhy === '' ? null : state.lastWhy,
  };
}

const iso = (time: number | undefined): string | null => (time === undefined ? null : new Date(time).toISOString());

/** Ten seconds: a list is not worth a longer wait. */
const LIMIT_MS = 10_000;

/** Counts what a source on this machine would let be pulled; undefined where that cannot be told. */
async function countChangesets(source: string): Promise<number | undefined> {
  if (!isFolder(source)) return undefined;
  const hg = hgIn(asAbsolute(source));
  try {
    const { exitCode, stdout } = await hg.run(['log', '-r', 'all() - secret()', '-T', '.'], { timeoutMs: LIMIT_MS });
    return exitCode === 0 ? stdout.length : undefined;
  } catch {
    return undefined;
  } finally {
    hg.end();
  }
}

const HEAD = ['mirror', 'source', 'destination', 'verdict', 'last success', 'lag', 'started by'];

/** Lays mirrors out in a table, and tells below it what is wrong with them; `now` in milliseconds since 1970. */
export function mirrorTable(rows: readonly MirrorRow[], now: number): readonly string[] {
  const shown = rows.map((row) => [
    row.name,
    shownPath(row.source),
    shownPath(row.destination),
    row.verdict,
    row.lastSuccessAt === null ? 'never' : relativeTime(Date.parse(row.lastSuccessAt), now),
    row.lag === 0 ? '-' : String(row.lag),
    startedBy(row),
  ]);
  return [
    ...table([HEAD.map((word) => colour('dim', word)), ...shown]),
    ...rows.flatMap(({ name, lastError }) => (lastError === null ? [] : [`${name}: ${foreign(lastError)}`])),
  ];
}

function startedBy({ triggers, routes }: MirrorRow): string {
  const others = triggers.filter((trigger) => trigger !== 'webhook');
  const missing = triggers.includes('webhook') && routes.length === 0 ? ['webhook (no route yet)'] : [];
  const words = [...others, ...routes, ...missing];
  return words.length === 0 ? 'you' : words.join(', ');
}
