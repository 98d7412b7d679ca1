/**
 * A program of its own, started by `desktop.ts`: reads one message as JSON from standard input and shows it with
 * node-notifier. Exit code 0: it was taken. Any other: one line on standard error says why not.
 */
import { text } from 'node:stream/consumers';
import notifier from 'node-notifier';
import { errorMessage } from '../model/errors.js';
import { platform } from '../system/environment.js';
import { warn } from '../system/terminal.js';
import type { DesktopMessage } from './desktop.js';

function parseMessage(json: string): DesktopMessage {
  const value: unknown = JSON.parse(json);
  if (typeof value === 'object' && value !== null && 'title' in value && 'body' in value && 'seconds' in value) {
    const { title, body, seconds } = value;
    if (typeof title === 'string' && typeof body === 'string' && typeof seconds === 'number') {
      return { title, body, seconds };
    }
  }
  throw new Error('no message on standard input');
}

function show({ title, body, seconds }: DesktopMessage): Promise<void> {
  // On macOS terminal-notifier would wait that long for a click before it ends.
  const timeout: number | false = platform === 'darwin' ? false : seconds;
  const options = { title, message: body, timeout, 'app-name': 'autosync' };
  return new Promise((resolve, reject) => {
    notifier.notify(options, (problem: unknown) => {
      // What the program printed comes as a string, and may be no more than a warning.
      if (problem instanceof Error) reject(problem);
      else resolve();
    });
  });
}

/** Node puts the whole command first, the program's own words last. */
const lastLine = (message: string): string => message.trim().split('\n').at(-1) ?? '';

try {
  await show(parseMessage(await text(process.stdin)));
  process.exit(0);
} catch (error) {
  warn(lastLine(errorMessage(error)));
  process.exit(1);
}
