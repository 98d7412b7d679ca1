import { AutosyncError, errorMessage } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { orEnvironmentError } from '../store/own-file.js';
import type { Clock } from '../system/clock.js';
import { childEnvironment, type Environment } from '../system/environment.js';
import { type ExecResult, exec } from '../system/exec.js';
import { joinPath, listNames, remove, writeAtomically } from '../system/files.js';
import { printable, redact } from '../system/printable.js';
import { quoteShell } from '../system/quote.js';

/** The program `crontab`, and where what it is given and what it gave are kept. */
export type Crontab = {
  readonly program: AbsolutePath;
  readonly state: AbsolutePath;
  readonly backups: AbsolutePath;
  readonly clock: Clock;
  readonly timeLimitMs: number;
};

/** A person's table; undefined when he has none, which is not the same as an empty one. */
export type Table = Buffer | undefined;

const NEW_TABLE = 'crontab.new';
const KEPT_BACKUPS = 10;
const TRIES = 3;

/**
 * Reads the table. Only the words "no crontab for" with exit code 1 and no output mean that there is none; any other
 * failure is an AutosyncError, because a table that cannot be read must not be written.
 */
export async function readTable(crontab: Crontab): Promise<Table> {
  const ended = await run(crontab, ['-l']);
  if (ended.exitCode === 0) return exactTable(crontab, ended.stdout);
  if (ended.exitCode === 1 && ended.stdout.length === 0 && /no crontab for/i.test(ended.stderr)) return undefined;
  throw unreadable(complaint(crontab, ended));
}

/**
 * Debian's `crontab -l` shows a carriage return and a backspace as the two characters `\r` and `\b` (tried, 3.0pl1-162);
 * written back, the person's table would be another one. Where it shows such a pair, an editor that only prints what
 * it is given tells which of them it was.
 */
async function exactTable(crontab: Crontab, listed: Buffer): Promise<Buffer> {
  const list = listed.toString('latin1');
  if (!/\\[rb]/.test(list)) return listed;
  const ended = await run(crontab, ['-e'], { env: { VISUAL: 'cat', EDITOR: 'cat' } });
  if (ended.exitCode !== 0) throw unreadable(complaint(crontab, ended));
  const exact = ended.stdout.toString('latin1');
  if (exact !== list && exact.replaceAll('\r', '\\r').replaceAll('\b', '\\b') !== list) {
    throw unreadable("'crontab -l' and 'crontab -e' show different tables");
  }
  return ended.stdout;
}

const unreadable = (why: string): AutosyncError =>
  new AutosyncError('environment', `crontab cannot be read: ${why}`, ["see what 'crontab -l' says"]);

/** A change of the whole table; `after` is `before` itself when nothing was to be done, and nothing was. */
export type TableChange = { readonly before: Table; readonly after: Table };

/**
 * Puts a plan into effect on the table as it is now. Somebody else may change it while we think: then the plan is made
 * again for the new one. A table that cannot be read or written is an AutosyncError, and is left as it was.
 */
export async function editTable(crontab: Crontab, plan: (before: Table) => Table): Promise<TableChange> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const before = await readTable(crontab);
    const after = plan(before);
    if (isSame(before, after)) {
      removeNewTable(crontab);
      return { before, after: before };
    }
    const answer = await replaceTable(crontab, { before, after });
    if (answer === 'replaced') return { before, after };
  }
  throw new AutosyncError('failed', 'crontab is being changed by somebody else', ['run the same command again']);
}

/**
 * Replaces the table, after a backup, unless it is no longer what it was (`moved`; nothing was written then). When it
 * does not read back as it should, the old one is put back and an AutosyncError says what happened.
 */
async function replaceTable(crontab: Crontab, change: TableChange): Promise<'replaced' | 'moved'> {
  const backup = backUp(crontab, change.before, 'before');
  if (!isSame(await readTable(crontab), change.before)) return 'moved';
  const failure = await tryToPut(crontab, change.after);
  if (failure === undefined) return 'replaced';
  const copies = `copies of the table are in '${crontab.backups}'`;
  const failureToRestore = await restore(crontab, change.before);
  if (failureToRestore === undefined) {
    throw new AutosyncError('environment', `crontab could not be changed and is as it was: ${failure}`, [copies]);
  }
  const remedy = backup === undefined ? 'crontab -r' : `crontab ${quoteShell(backup)}`;
  throw new AutosyncError('environment', `crontab could not be put back: ${failureToRestore}`, [remedy, copies]);
}

/** Returns the command line that replaces the table, for a person to read. */
export const replaceCommand = (crontab: Pick<Crontab, 'state'>): string =>
  `cd ${quoteShell(crontab.state)} && crontab ${NEW_TABLE}`;

/** Removes what a killed run may have left beside the table. */
export const removeNewTable = (crontab: Pick<Crontab, 'state'>): void => remove(joinPath(crontab.state, NEW_TABLE));

/** Puts the old table back where another one stands now, and keeps a copy of that one. */
async function restore(crontab: Crontab, before: Table): Promise<string | undefined> {
  try {
    const present = await readTable(crontab);
    if (isSame(present, before)) return undefined;
    backUp(crontab, present, 'unexpected');
  } catch {
    // What cannot be read is put right all the same.
  }
  return tryToPut(crontab, before);
}

/** Writes a table and reads it back; returns what went wrong. What the program says of itself does not count. */
async function tryToPut(crontab: Crontab, table: Table): Promise<string | undefined> {
  try {
    const ended = await put(crontab, table);
    if (isSame(await readTable(crontab), table)) return undefined;
    return ended.exitCode === 0 ? 'it reads back differently' : complaint(crontab, ended);
  } catch (error) {
    return errorMessage(error);
  }
}

/**
 * The table is handed over as a file: through a pipe, a program whose writer is killed half-way would install half a
 * table. The file's name is short and relative, because Debian's crontab cuts names off after 99 bytes (tried).
 */
async function put(crontab: Crontab, table: Table): Promise<ExecResult> {
  if (table === undefined) return run(crontab, ['-r']);
  write(joinPath(crontab.state, NEW_TABLE), table);
  try {
    return await run(crontab, [NEW_TABLE], { cwd: crontab.state });
  } finally {
    removeNewTable(crontab);
  }
}

const write = (path: AbsolutePath, table: Buffer): void =>
  orEnvironmentError('write', path, () => writeAtomically(path, table));

/** Reading must leave no trace, so it does without our folders. */
function run(
  crontab: Crontab,
  args: readonly string[],
  how: { cwd?: string; env?: Environment } = {},
): Promise<ExecResult> {
  const { program, timeLimitMs: timeoutMs } = crontab;
  return exec({ program, args, cwd: how.cwd ?? '/', env: childEnvironment({ LC_ALL: 'C', ...how.env }), timeoutMs });
}

function complaint(crontab: Crontab, ended: ExecResult): string {
  if (ended.timedOut) return `it did not end within ${crontab.timeLimitMs / 1000} seconds`;
  const words = printable(redact(ended.stderr.trim().split('\n', 1)[0] ?? ''));
  return words === '' ? `it ended with exit code ${ended.exitCode}` : words;
}

const isSame = (a: Table, b: Table): boolean => (a === undefined || b === undefined ? a === b : a.equals(b));

/** Keeps a copy of a table, and of older copies the newest nine; returns where it is. */
function backUp(crontab: Crontab, table: Table, what: 'before' | 'unexpected'): AbsolutePath | undefined {
  if (table === undefined) return undefined;
  const name = `crontab-${new Date(crontab.clock.now()).toISOString().replaceAll(':', '-')}-${what}`;
  const path = joinPath(crontab.backups, name);
  write(path, table);
  const others = listNames(crontab.backups).filter((other) => other.startsWith('crontab-') && other !== name);
  for (const old of others.sort().slice(0, 1 - KEPT_BACKUPS)) remove(joinPath(crontab.backups, old));
  return path;
}
