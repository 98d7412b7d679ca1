import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { readTemplate } from '../system/package.js';
import { isForeignName } from '../system/path-bytes.js';
import { printable } from '../system/printable.js';
import { quoteXml } from '../system/quote.js';
import { fillTemplate } from '../system/template.js';

/** What a task is made of; the minutes are those of every hour, ascending. */
export type TaskRequest = {
  readonly launcher: AbsolutePath;
  readonly minutes: readonly number[];
  readonly second: number;
};

/** Task Scheduler takes no more triggers for one task. */
const MOST_TRIGGERS = 48;

/**
 * Returns a task's XML as Task Scheduler wants it: UTF-16LE with a byte order mark, elements in the order of Microsoft's
 * schema (MS-TSCH 2.5). A launcher that cmd.exe would call by another name is an AutosyncError.
 */
export function renderTask({ launcher, minutes, second }: TaskRequest): Buffer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML and cmd.exe have no way to write
  if (/[\u0000-\u001f\u007f"]|%[^%]+%/.test(launcher) || isForeignName(launcher)) {
    throw new AutosyncError('environment', `Task Scheduler cannot call '${printable(launcher)}'`, [
      'set LOCALAPPDATA to a plainer folder and install again',
    ]);
  }
  const plain = (value: string): string => value;
  const triggers = repetitions(minutes)
    .map(({ first, every }) =>
      fillTemplate(
        readTemplate('schtasks/trigger.xml'),
        { minutes: String(every), time: `${twoDigits(first)}:${twoDigits(second)}` },
        plain,
      ),
    )
    .join('')
    .trimEnd();
  const text = fillTemplate(readTemplate('schtasks/autosync.xml'), { launcher: quoteXml(launcher), triggers }, plain);
  return Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`, 'utf16le');
}

/** A trigger that begins at a minute of the day's first hour and comes again all day. */
export type Repetition = { readonly first: number; readonly every: number };

/**
 * Returns the fewest triggers that come at exactly the given minutes of every hour; where those were too many, one
 * that comes every minute: what is too often, the due gate turns away.
 */
export function repetitions(minutes: readonly number[]): readonly Repetition[] {
  const [first = 0] = minutes;
  const every = 60 / minutes.length;
  if (minutes.every((minute, index) => minute === first + index * every)) return [{ first, every }];
  if (minutes.length > MOST_TRIGGERS) return [{ first: 0, every: 1 }];
  return minutes.map((minute) => ({ first: minute, every: 60 }));
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');
