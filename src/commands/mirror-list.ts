import type { Argv } from 'yargs';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { Mirror } from '../model/mirror.js';
import { asAbsolute } from '../model/paths.js';
import { readMirrorState } from '../store/mirror-state.js';
import { isFolder } from '../system/files.js';
import { redact } from '../system/printable.js';
import { colour, foreign, say, sayJson } from '../system/terminal.js';
import { hgIn } from '../vcs/hg/command.js';
import { type Arguments, type Command, isOn, withJson } from './command.js';
import { installedMirrors } from './mirrors.js';
import { relativeTime, shownPath, table } from './render.js';
import { type Wiring, wire } from './wiring.js';

/** How one mirror stands; times are ISO 8601, null when there was none. */
type MirrorRow = {
  readonly name: string;
  readonly source: string;
  readonly destination: string;
  readonly backend: string;
  readonly triggers: readonly string[];
  readonly verdict: string;
  readonly lastRunAt: string | null;
  readonly lastSuccessAt: string | null;
  /** Changesets that the git side does not have; of a source elsewhere, as of the last run. */
  readonly lag: number;
  readonly lastError: string | null;
};

/** `autosync mirror list`. */
export const command: Command = {
  options: (yargs: Argv) => withJson(yargs).example('$0 mirror list', 'what is mirrored where, and how far it is'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const rows: MirrorRow[] = [];
    for (const mirror of installedMirrors(wiring.locations)) rows.push(await rowOf(wiring, mirror));
    if (isOn(args, 'json')) sayJson({ schema: 1, mirrors: rows });
    else show(rows, wiring.engine.clock.now());
    return EXIT.done;
  },
};

async function rowOf({ locations }: Wiring, mirror: Mirror): Promise<MirrorRow> {
  const { name, source, destination, backend, triggers } = mirror;
  const state = readMirrorState(locations, name);
  const there = (await countChangesets(source)) ?? state.changesets;
  return {
    name,
    source: redact(source),
    destination: redact(destination),
    backend,
    triggers,
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

function show(rows: readonly MirrorRow[], now: number): void {
  if (rows.length === 0) {
    say('there is no mirror; autosync mirror add <source> <destination>');
    return;
  }
  const head = ['mirror', 'source', 'destination', 'verdict', 'last success', 'lag', 'started by'];
  const shown = rows.map((row) => [
    row.name,
    shownPath(row.source),
    shownPath(row.destination),
    row.verdict,
    row.lastSuccessAt === null ? 'never' : relativeTime(Date.parse(row.lastSuccessAt), now),
    row.lag === 0 ? '-' : String(row.lag),
    row.triggers.length === 0 ? 'you' : row.triggers.join(', '),
  ]);
  for (const line of table([head.map((word) => colour('dim', word)), ...shown])) say(line);
  for (const { name, lastError } of rows) if (lastError !== null) say(`${name}: ${foreign(lastError)}`);
}
