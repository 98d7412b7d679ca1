import { printable } from '../system/printable.js';

/** Says that a file with rules cannot be read: without them, what a person keeps to himself would be committed and sent. */
export const unreadRulesHint = (file: string): string =>
  `'${printable(file)}' cannot be read, and nobody knows without it what is to be left out: make it readable again`;
