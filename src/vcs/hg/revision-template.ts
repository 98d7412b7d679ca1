import { MACHINE_TRAILER } from '../vcs.js';
import type { Revision } from '../versions.js';

/**
 * The template whose answer {@link parseRevision} reads:
 *
 *     <id> NUL <seconds since 1970> SP <offset> NUL <author> NUL <message> NUL
 */
export const REVISION_TEMPLATE = '{node}\\0{date|hgdate}\\0{author|person}\\0{desc}\\0';

/** How many values there are of each changeset. */
export const REVISION_VALUES = 4;

/** Reads the values of one changeset. */
export function parseRevision(values: readonly string[]): Revision {
  const [id = '', date = '0', author = '', message = ''] = values;
  const trailer = new RegExp(`^${MACHINE_TRAILER}: *(.+)$`, 'm').exec(message);
  return { id, at: Number(date.split(' ')[0]) * 1000, author, machine: trailer?.[1]?.trim(), message };
}
