import type { AbsolutePath } from '../model/paths.js';
import type { RepoReport } from '../model/report.js';
import { append, joinPath, lstatIfPresent, makeFolder, move, readPiece, readTextIfPresent } from '../system/files.js';
import { redact } from '../system/printable.js';
import { isRecord, type JsonRecord, parseRecord } from './json.js';
import type { Locations } from './locations.js';
import { acquireLock } from './lock.js';
import { orEnvironmentError } from './own-file.js';

/** One thing that autosync did: when (an ISO time), where (a repository's path), what, and any JSON that says more. */
export type LogEntry = JsonRecord & { readonly at: string; readonly repo: string; readonly event: string };

const MAX_FILE_BYTES = 1 << 20;
const MAX_TEXT_CHARACTERS = 2_000;
const MAX_LIST_ENTRIES = 100;

/** Older logs, newest first: `log.1.jsonl` and so on. */
const OLDER = [1, 2, 3];

/** C1 controls and what steers bidirectional text: JSON lets them stand, and a terminal would obey them. */
const STEERING = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Adds an entry to the log, bounded and without passwords and tokens; the oldest entries make room. */
export function appendLog(locations: Locations, entry: LogEntry): void {
  orEnvironmentError('write', locations.log, () => {
    makeFolder(locations.state);
    const line = `${renderEntry(entry)}\n`;
    rotate(locations, Buffer.byteLength(line));
    append(locations.log, endsWithNewline(locations.log) ? line : `\n${line}`);
  });
}

/** Returns the newest entries, of one repository or of all, newest last; a line that was cut off is passed over. */
export function readLog(
  locations: Locations,
  wanted: { readonly repo?: string; readonly limit: number },
): readonly LogEntry[] {
  const repo = wanted.repo === undefined ? undefined : clean(wanted.repo);
  const found: LogEntry[] = [];
  for (const file of [locations.log, ...OLDER.map((number) => olderLog(locations, number))]) {
    const text = orEnvironmentError('read', file, () => readTextIfPresent(file)) ?? '';
    for (const line of text.split('\n').reverse()) {
      if (found.length >= wanted.limit) return found.reverse();
      const entry = parseRecord(line);
      if (isLogEntry(entry) && (repo === undefined || entry.repo === repo)) found.push(entry);
    }
  }
  return found.reverse();
}

/** Returns a text that is another one after the log has changed, which is cheaper to ask for than the log itself. */
export function logStamp(locations: Locations): string {
  const found = lstatIfPresent(locations.log);
  return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeMs}`;
}

/** Returns what the log says of a run. */
export const runEntry = (report: RepoReport, run: { readonly at: string; readonly event: string }): LogEntry => ({
  at: run.at,
  repo: report.path,
  event: run.event,
  verdict: report.verdict,
  why: report.why,
  branch: report.branch,
  commit: report.commit.message ?? report.commit.kind,
  changes: report.commit.changes.length,
  quarantined: report.quarantined,
  fetch: report.fetch,
  integrate: report.integrate,
  push: report.push,
  durationMs: report.durationMs,
});

const isLogEntry = (value: JsonRecord | undefined): value is LogEntry =>
  typeof value?.['at'] === 'string' && typeof value['repo'] === 'string' && typeof value['event'] === 'string';

const renderEntry = (entry: LogEntry): string =>
  JSON.stringify(clean(entry)).replace(STEERING, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

/** Returns a JSON value with every text in it redacted and bounded. */
function clean(value: unknown): unknown {
  if (typeof value === 'string') return clip(redact(value));
  if (Array.isArray(value)) return value.slice(0, MAX_LIST_ENTRIES).map(clean);
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, clean(member)]));
  return value;
}

const clip = (text: string): string =>
  text.length > MAX_TEXT_CHARACTERS ? `${text.slice(0, MAX_TEXT_CHARACTERS)}…` : text;

/** A line that was cut off by a kill or a power cut must not swallow the next one. */
function endsWithNewline(file: AbsolutePath): boolean {
  const size = lstatIfPresent(file)?.size ?? 0;
  return size === 0 || readPiece(file, size - 1, 1).toString() === '\n';
}

const olderLog = (locations: Locations, number: number): AbsolutePath =>
  joinPath(locations.state, `log.${number}.jsonl`);

/** Starts a new file when the present one would grow too large; the oldest one goes. */
function rotate(locations: Locations, moreBytes: number): void {
  const isFull = (): boolean => (lstatIfPresent(locations.log)?.size ?? 0) + moreBytes > MAX_FILE_BYTES;
  if (!isFull()) return;
  const turn = acquireLock(joinPath(locations.state, 'log.lock'));
  // Whoever holds it is rotating just now; this line goes where that leaves it.
  if (turn.kind === 'held') return;
  try {
    if (isFull()) shift([locations.log, ...OLDER.map((number) => olderLog(locations, number))]);
  } finally {
    turn.lock.release();
  }
}

/**
 * Gives each file the name of the next older one, over which the oldest is lost. Where a name is free, as after a
 * process that died here, the files behind it stay.
 */
function shift(files: readonly AbsolutePath[]): void {
  const free = files.findIndex((file) => lstatIfPresent(file) === undefined);
  for (let index = free < 0 ? files.length - 1 : free; index > 0; index -= 1) {
    const [from, to] = [files[index - 1], files[index]];
    if (from !== undefined && to !== undefined) move(from, to);
  }
}
