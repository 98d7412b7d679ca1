import { MACHINE_TRAILER } from '../vcs.js';
import type { Revision } from '../versions.js';

/**
 * The format whose answer {@link parseRevision} reads; the trailer stands before the message, which may hold anything
 * but NUL:
 *
 *     <id> NUL <seconds since 1970> NUL <author> NUL <machines, with commas> NUL <message> NUL
 */
export const REVISION_FORMAT: string = `%H%x00%ct%x00%an%x00%(trailers:key=${MACHINE_TRAILER},valueonly,separator=%x2C)%x00%B%x00`;

/** How many values there are of each commit. */
export const REVISION_VALUES = 5;

/** Reads the values of one commit. */
export function parseRevision(values: readonly string[]): Revision {
  const [id = '', seconds = '0', author = '', machines = '', message = ''] = values;
  const machine = machines.split(',')[0]?.trim();
  return {
    id,
    at: Number(seconds) * 1000,
    author,
    machine: machine === '' ? undefined : machine,
    message: message.trimEnd(),
  };
}
