import type { Notification } from '../../src/notify/notifier.js';

/** Returns a notification of which only some parts matter. */
export const notification = (parts: Partial<Notification> = {}): Notification => ({
  event: 'conflict',
  repo: '/home/ann/notes',
  title: 'notes: conflict in a.md',
  body: "'a.md' stays\nautosync status",
  paths: ['a.md'],
  ...parts,
});

/** Texts that somebody else may have chosen: a file's name, a branch, the words of a hub. */
export const HOSTILE_TEXTS: readonly string[] = [
  '-x',
  '--help',
  '-',
  '$(id)',
  '`id`',
  '"; id; "',
  "'; id; '",
  '%s %n $HOME ~ !! *',
  '<b>bold</b> &amp; <img src="file:///etc/passwd"/>',
  'one\ntwo\r\nthree\u2028four',
  '\u001b]0;title\u0007\u001b[31m',
  'a\u202egpj.exe',
  '\\',
  'a\\',
  '\\n\\x41\\u0041',
  'x'.repeat(300),
  '🎉'.repeat(300),
  '\udce9\udcff',
  '\ud83d half',
  '\u0000',
  '[', // terminal-notifier takes it for the start of a list
  '',
  ' ',
];
