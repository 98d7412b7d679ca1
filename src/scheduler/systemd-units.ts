import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { joinPath } from '../system/files.js';
import { readTemplate } from '../system/package.js';
import { isForeignName } from '../system/path-bytes.js';
import { printable } from '../system/printable.js';
import { quoteShell, quoteSystemd } from '../system/quote.js';
import { fillTemplate } from '../system/template.js';
import type { EntryFile } from './entry-files.js';

/** The unit that runs once and ends. */
export const SERVICE = 'autosync.service';

/** The unit that says when. */
export const TIMER = 'autosync.timer';

/** What the units are made of. */
export type UnitRequest = {
  /** Where the person's own units are. */
  readonly folder: AbsolutePath;
  readonly launcher: AbsolutePath;
  /** Minutes of every hour, ascending. */
  readonly minutes: readonly number[];
  readonly second: number;
};

/** Returns the two units, as files. A launcher that a unit cannot name is an AutosyncError. */
export function renderUnits({ folder, launcher, minutes, second }: UnitRequest): readonly EntryFile[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get into a unit
  if (/[\u0000-\u001f\u007f]/.test(launcher) || isForeignName(launcher)) {
    throw new AutosyncError('environment', `systemd cannot call '${printable(launcher)}': it is not plain UTF-8`, [
      'set XDG_DATA_HOME to a plainer folder and install again',
    ]);
  }
  const command = `exec ${quoteShell(launcher)} snapshot --due`;
  const service = fillTemplate(readTemplate(`systemd/${SERVICE}`), { command }, quoteSystemd);
  const calendar = calendarExpression(minutes, second);
  const timer = fillTemplate(readTemplate(`systemd/${TIMER}`), { calendar }, (value) => value);
  return [
    { path: joinPath(folder, SERVICE), content: Buffer.from(service) },
    { path: joinPath(folder, TIMER), content: Buffer.from(timer) },
  ];
}

/** Writes minutes of every hour, with a second, as systemd.time(7) has it: `*-*-* *:07,37:23`. */
export function calendarExpression(minutes: readonly number[], second: number): string {
  const every = minutes.length === 60 ? '*' : minutes.map(twoDigits).join(',');
  return `*-*-* *:${every}:${twoDigits(second)}`;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');
