import { printable, redact } from '../system/printable.js';
import type { Notification } from './notifier.js';

/** What a notification shows, fit for the program that shows it. */
export type NotificationText = { readonly title: string; readonly body: string };

/** How the place where it is shown reads a body: D-Bus servers take markup, the others plain text. */
export type BodyFormat = 'markup' | 'plain';

const TITLE_LENGTH = 80;
const BODY_LENGTH = 300;

/**
 * Returns a notification's texts with nothing in them that could steer a terminal, a shell, `notify-send` or a
 * notification server: printable, without secrets and backslashes, no leading `-`, bounded (80 and 300 characters
 * before markup is escaped) and never empty. The body's last line, the command to run, outlives a cut.
 */
export function cleanText(notification: Pick<Notification, 'title' | 'body'>, format: BodyFormat): NotificationText {
  const body = cutBody(notification.body.split(/\r?\n/).map(cleanLine).filter(Boolean));
  return {
    title: withoutDash(cut(cleanLine(notification.title), TITLE_LENGTH)) || 'autosync',
    body: format === 'markup' ? escapeMarkup(withoutDash(body)) : withoutDash(body),
  };
}

/** Backslashes are lost, or read as escapes, on the way through a shell and `notify-send`: a look-alike arrives. */
const cleanLine = (line: string): string => printable(redact(line)).replaceAll('\\', '\u29f5').trim();

/** `notify-send` and `osascript` take a text that starts with `-` for an option: a typographic hyphen looks the same. */
const withoutDash = (text: string): string => text.replace(/^-/, '\u2010');

const escapeMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function cutBody(lines: readonly string[]): string {
  const command = lines.at(-1) ?? 'autosync status';
  const room = BODY_LENGTH - [...command].length - 1;
  if (lines.length < 2 || room < BODY_LENGTH / 2) return cut(lines.join('\n') || command, BODY_LENGTH);
  return `${cut(lines.slice(0, -1).join('\n'), room)}\n${command}`;
}

/** Shortens a text to a number of characters, never in the middle of one. */
function cut(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
