import { AutosyncError, errorMessage } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { parseRecord } from '../store/json.js';
import type { Locations } from '../store/locations.js';
import { readOwnFile, writeOwnFile } from '../store/own-file.js';
import { type Clock, systemClock } from '../system/clock.js';
import { loginHome, pathCandidates } from '../system/environment.js';
import { isExecutable, joinPath, remove } from '../system/files.js';
import { hashBytes } from '../system/hash.js';
import {
  type BlockEdit,
  type BlockStyle,
  type FoundBlock,
  insertBlock,
  readBlock,
  removeBlock,
  renderBlock,
  type Unbalanced,
} from '../system/managed-block.js';
import { quoteCrontab } from '../system/quote.js';
import { cronDaemonRuns } from './cron-daemon.js';
import { runJob } from './cron-job.js';
import { callsLauncher, commandOf, cronCommand, cronLine } from './cron-line.js';
import { type Crontab, editTable, readTable, removeNewTable, replaceCommand, type Table } from './crontab.js';
import { localEntryMinutes, minuteField } from './entry-minutes.js';
import type {
  Availability,
  EntryState,
  InstallResult,
  RenderedFile,
  Scheduler,
  SchedulerEntry,
  StartResult,
} from './scheduler.js';

/** What the cron scheduler needs of the world outside; every part but the folders is the machine's own by default. */
export type CronWorld = {
  /** A block that calls another launcher than this one is another installation's; without one, every block is ours. */
  readonly locations: Pick<Locations, 'state' | 'backups'> & Partial<Pick<Locations, 'launcher'>>;
  readonly clock?: Clock;
  readonly findCrontab?: () => AbsolutePath | undefined;
  readonly daemonRuns?: () => boolean;
  /** What cron sets HOME to. */
  readonly loginHome?: () => AbsolutePath | undefined;
  readonly timeLimitMs?: number;
};

/** The markers of the block, with or without a name behind `AUTOSYNC`. */
const markers = (name: string): BlockStyle => ({
  begin: `# BEGIN AUTOSYNC${name} (managed; edits inside are lost)`,
  end: `# END AUTOSYNC${name}`,
});

const PLAIN = markers('');
const EMPTY = Buffer.alloc(0);

type Cron = Required<CronWorld>;

/** Returns the scheduler that keeps one region in the person's crontab. */
export function createCron(world: CronWorld): Scheduler {
  const cron: Cron = {
    clock: systemClock,
    findCrontab: () => pathCandidates('crontab').find(isExecutable),
    daemonRuns: cronDaemonRuns,
    loginHome,
    timeLimitMs: 10_000,
    ...world,
  };
  return {
    kind: 'cron',
    availability: () => availability(cron),
    render: async (entry) => render(cron, entry),
    commands: (entry) => (entry.slots.length === 0 ? [] : [replaceCommand(cron.locations)]),
    install: (entry) => install(cron, entry),
    uninstall: () => uninstall(cron),
    state: (entry) => state(cron, entry),
    start: (entry, limitMs) => start(cron, entry, limitMs),
    cautions: async () => [],
  };
}

async function availability(cron: Cron): Promise<Availability> {
  const unavailable = (why: string, mend: string): Availability => ({ kind: 'unavailable', why, mend });
  const crontab = openCrontab(cron);
  if (crontab === undefined) return unavailable("there is no program 'crontab' on PATH", 'install cron');
  if (!cron.daemonRuns()) return unavailable('no cron daemon is running', 'start cron: sudo service cron start');
  try {
    await readTable(crontab);
  } catch (error) {
    return unavailable(errorMessage(error), "see what 'crontab -l' says");
  }
  return { kind: 'available' };
}

function render(cron: Cron, entry: SchedulerEntry): readonly RenderedFile[] {
  const line = jobLine(cron, entry);
  return line === undefined ? [] : [{ path: 'crontab', content: renderBlock(line, PLAIN) }];
}

async function install(cron: Cron, entry: SchedulerEntry): Promise<InstallResult> {
  const crontab = openCrontab(cron);
  if (crontab === undefined) throw missingProgram();
  const line = jobLine(cron, entry);
  const { before, after } = await editTable(crontab, (table) => {
    if (line === undefined) return withoutBlock(cron, table);
    if (ownBlock(cron, table).kind !== 'present') remember(cron, { hadTable: table !== undefined });
    return edited(insertBlock(table ?? EMPTY, line, ownMarkers(cron, table)));
  });
  if (before === after) return { kind: 'unchanged' };
  return { kind: ownBlock(cron, before).kind === 'present' ? 'updated' : 'installed' };
}

async function uninstall(cron: Cron): Promise<void> {
  const crontab = openCrontab(cron);
  if (crontab !== undefined && (recall(cron) !== undefined || (await isReadable(crontab)))) {
    await editTable(crontab, (table) => withoutBlock(cron, table));
  }
  removeNewTable(cron.locations);
  remove(memoryFile(cron));
}

/** Someone who may not use crontab, and for whom nothing was ever installed, is not to be told so at the end. */
async function isReadable(crontab: Crontab): Promise<boolean> {
  try {
    await readTable(crontab);
    return true;
  } catch {
    return false;
  }
}

async function state(cron: Cron, entry: SchedulerEntry): Promise<EntryState> {
  const crontab = openCrontab(cron);
  if (crontab === undefined) return { kind: 'absent', detail: "there is no program 'crontab' on PATH" };
  let table: Table;
  try {
    table = await readTable(crontab);
  } catch (error) {
    return { kind: 'unreadable', detail: errorMessage(error) };
  }
  const found = ownBlock(cron, table);
  if (found.kind === 'unbalanced') return { kind: 'unreadable', detail: unbalancedWords(found) };
  if (found.kind === 'absent') return { kind: 'absent', detail: 'crontab has no entry of autosync' };
  const line = jobLine(cron, entry);
  if (line === undefined) return { kind: 'different', detail: 'crontab has an entry, but nothing is to be run' };
  if (found.body === `${line}\n`) return { kind: 'present', detail: line };
  return { kind: 'different', detail: `crontab's entry is not '${line}'` };
}

/** cron cannot be told to begin: the line that stands in the table runs as cron would run it. */
async function start(cron: Cron, entry: SchedulerEntry, limitMs: number): Promise<StartResult> {
  const crontab = openCrontab(cron);
  const found = crontab === undefined ? undefined : ownBlock(cron, await readTable(crontab));
  if (found?.kind !== 'present') return { kind: 'refused', why: 'crontab has no entry of autosync' };
  return await runJob(commandOf(found.body), { home: cron.loginHome() ?? entry.home, limitMs });
}

/** The job's line, or undefined when no repository is ever due. */
function jobLine(cron: Cron, entry: SchedulerEntry): string | undefined {
  if (entry.slots.length === 0) return undefined;
  return cronLine(minuteField(localEntryMinutes(entry, cron.clock.now())), command(cron, entry));
}

/** Says `$HOME` only where cron's idea of it is ours. */
function command(cron: Cron, { launcher, home }: SchedulerEntry): string {
  return cronCommand({ launcher, home: cron.loginHome() === home ? home : undefined });
}

/** The table as it was before us: none at all, if there was none and nobody has put anything in since. */
function withoutBlock(cron: Cron, table: Table): Table {
  if (table === undefined) return table;
  const edit = removeBlock(table, ownMarkers(cron, table));
  const left = edited(edit);
  const nothingOfOthers = edit.kind === 'changed' && left.length === 0;
  return nothingOfOthers && recall(cron)?.hadTable === false ? undefined : left;
}

/** Finds our block in a table. */
const ownBlock = (cron: Cron, table: Table): FoundBlock => readBlock(table ?? EMPTY, ownMarkers(cron, table));

/**
 * Returns the markers of our block in a table. A person with two home folders has one crontab, and may have an
 * installation in each of them: where the plain markers are around another one's block, ours stands beside it, and its
 * markers have a name. It keeps that when the other block goes.
 */
function ownMarkers({ locations: { launcher }, loginHome }: Cron, table: Table): BlockStyle {
  if (launcher === undefined || table === undefined) return PLAIN;
  const commands = [loginHome(), undefined].map((home) => cronCommand({ launcher, home }));
  const named = commands.map((command) => markers(` ${hashBytes(command, 'sha256').slice(0, 8)}`));
  const present = named.find((style) => readBlock(table, style).kind !== 'absent');
  if (present !== undefined) return present;
  const plain = readBlock(table, PLAIN);
  const isOwn = plain.kind !== 'present' || !callsLauncher(plain.body) || commands.some(isCalledIn(plain.body));
  const [name = PLAIN] = named;
  return isOwn ? PLAIN : name;
}

const isCalledIn =
  (body: string) =>
  (command: string): boolean =>
    body.includes(quoteCrontab(command));

function edited(edit: BlockEdit): Buffer {
  if (edit.kind !== 'unbalanced') return edit.text;
  throw new AutosyncError('environment', unbalancedWords(edit), [
    "with 'crontab -e' leave one BEGIN line and one END line below it, or neither",
  ]);
}

const unbalancedWords = ({ lines }: Unbalanced): string =>
  `crontab has markers of autosync that are not one pair (line ${lines.join(', ')})`;

function openCrontab(cron: Cron): Crontab | undefined {
  const program = cron.findCrontab();
  const { locations, clock, timeLimitMs } = cron;
  return program === undefined ? undefined : { program, ...locations, clock, timeLimitMs };
}

const missingProgram = (): AutosyncError =>
  new AutosyncError('environment', "program 'crontab' not found", [
    'install cron, or install the repository with --scheduler none',
  ]);

/** What the crontab was like before our entry; kept from the first installation to the end. */
type Memory = { readonly hadTable: boolean };

const memoryFile = (cron: Cron): AbsolutePath => joinPath(cron.locations.state, 'crontab.json');

const remember = (cron: Cron, memory: Memory): void =>
  writeOwnFile(memoryFile(cron), `${JSON.stringify({ schema: 1, ...memory })}\n`);

/** A damaged memory counts as a table: an empty one left behind does less harm than one removed. */
function recall(cron: Cron): Memory | undefined {
  const text = readOwnFile(memoryFile(cron))?.toString('utf8');
  return text === undefined ? undefined : { hadTable: parseRecord(text)?.['hadTable'] !== false };
}
