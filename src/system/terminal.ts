import { errorCode } from '../model/errors.js';
import { EXIT } from '../model/exit-codes.js';
import { variable } from './environment.js';
import { printable, redact } from './printable.js';

/** Writes one line of an answer; what it shows of names has been made printable by whoever composed it. */
export function say(line = ''): void {
  clearProgress();
  process.stdout.write(`${line}\n`);
}

/** Writes one line about what is wrong or under way. */
export function warn(line: string): void {
  clearProgress();
  process.stderr.write(`${line}\n`);
}

/** Writes a value as JSON, the whole answer of a command with `--json`. */
export function sayJson(value: unknown): void {
  clearProgress();
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes a value as one line of JSON: one of many answers. */
export function sayJsonLine(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Writes an answer just as it is: what a web server expects of us. */
export function sayRaw(text: string): void {
  process.stdout.write(text);
}

let isRead = true;
let isLost = false;

/**
 * Lets a command go on when whoever read its answer has gone, as `head` does, or when there is no room for it: a run that
 * is under way must come to its end. Without this, the next line would be an error that nobody catches.
 */
export function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      isRead = false;
      if (errorCode(error) !== 'EPIPE') isLost = true;
    });
  }
}

process.on('exit', (code) => {
  if (isLost && code === EXIT.done) process.exitCode = EXIT.failed;
});

/** Tells whether somebody may still read the answer; one that has no end may stop when nobody does. */
export const hasReader = (): boolean => isRead;

let colourWanted: boolean | undefined;

/** Switches colour off (`--no-color`) or leaves it to the terminal and NO_COLOR. */
export function setColour(wanted: boolean): void {
  colourWanted = wanted ? undefined : false;
}

/** Returns how many columns the terminal has on which the answer is shown; undefined where it goes elsewhere. */
export function terminalColumns(): number | undefined {
  const { isTTY, columns } = process.stdout;
  // A terminal that does not know its size says 0.
  return isTTY === true && columns > 0 ? columns : undefined;
}

let progressWanted = true;

/** Switches progress off for an answer that a program reads. */
export function setProgress(wanted: boolean): void {
  progressWanted = wanted;
}

/** Tells whether progress may be drawn: standard error is a terminal, and a person reads the answer. */
export const showsProgress = (): boolean => progressWanted && process.stderr.isTTY === true;

/** Whether the last line of standard error is one of progress, which whatever is said next takes the place of. */
let isDrawn = false;

/** What tells of progress in the words of git, hg and our own: `45%`, `3/12`, `1200 objects`. */
const FAR = /\d+%|\d+\/\d+|\d+ (objects|files)/;

/** Draws what a program tells of its progress over the last line of standard error. */
export function drawProgress(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what hg draws itself is cleared by `ESC [K`
  const lines = text.replaceAll(/\u001b\[K/g, '').split(/[\r\n]/);
  const last = lines.findLast((line) => line.trim() !== '')?.trim() ?? '';
  if (FAR.test(last)) {
    process.stderr.write(`\r\u001b[K${foreign(last).slice(0, 76)}`);
    isDrawn = true;
  }
  if (/done\.?$/.test(last)) clearProgress();
}

function clearProgress(): void {
  if (isDrawn) process.stderr.write('\r\u001b[K');
  isDrawn = false;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;

/** Colours text where standard output is a terminal and nobody objected. */
export function colour(name: keyof typeof CODES, text: string): string {
  const on = colourWanted ?? (process.stdout.isTTY === true && variable('NO_COLOR') === undefined);
  return on ? `\u001b[${CODES[name]}m${text}\u001b[0m` : text;
}

/** Returns foreign text (a program's words, a name) fit for a terminal: no control characters, no secrets. */
export const foreign = (text: string): string => printable(redact(text));
