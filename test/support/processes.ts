import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { until } from './cli.js';
import { needsThat } from './needs.js';

/** Tells whether the processes of this machine can be looked at. */
export const canListProcesses = (): boolean =>
  needsThat('processes that /proc shows', () => readFileSync('/proc/self/cmdline', 'utf8') !== '');

/**
 * Returns the processes that have to do with a folder, since their command line, environment or working folder names
 * it: each with its id and its command line.
 */
export function processesAt(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const facts = [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`].map(readOrNothing);
      const place = linkOrNothing(`/proc/${pid}/cwd`);
      return [...facts, place].some((fact) => fact.includes(folder))
        ? [`${pid} ${(facts[0] ?? '').replaceAll('\0', ' ').trim()}`]
        : [];
    })
    .sort();
}

/** So many looks in a row: a process that is just becoming another program shows nothing of itself for a moment. */
const QUIET_LOOKS = 3;

/** Waits until several looks in a row have found nothing at work any more. */
export async function untilQuiet(what: string, look: () => readonly string[]): Promise<void> {
  let quiet = 0;
  let found: readonly string[] = [];
  const isQuiet = (): boolean => {
    found = look();
    quiet = found.length === 0 ? quiet + 1 : 0;
    return quiet === QUIET_LOOKS;
  };
  await until(`${what} has ended`, isQuiet).catch((error: unknown) => {
    throw new Error(`${what} is still at work: ${found.join(', ')}`, { cause: error });
  });
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function linkOrNothing(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
