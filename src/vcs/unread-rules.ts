import { AutosyncError } from '../model/errors.js';
import { printable } from '../system/printable.js';

/** Says that a file with rules cannot be read: without them, what a person keeps to himself would be committed and sent. */
export const unreadRulesHint = (file: string): string =>
  `'${printable(file)}' cannot be read, and nobody knows without it what is to be left out: make it readable again`;

/** Throws where a git or hg that was to take files into a commit has gone on without some rules. */
export function refuseUnreadRules([file]: readonly string[]): void {
  if (file !== undefined) throw new AutosyncError('failed', unreadRulesHint(file));
}
