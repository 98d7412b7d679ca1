import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
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
