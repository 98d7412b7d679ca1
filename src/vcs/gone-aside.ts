import type { PushOutcome } from '../model/outcome.js';
import { printable } from '../system/printable.js';

/** Says that somebody has taken away what was set aside on the hub, which therefore only comes back when it is asked for. */
export const goneAside = (name: string, command: string): PushOutcome => ({
  kind: 'not-attempted',
  why: `the work is no longer on the hub's '${printable(name)}'; to send it again: ${printable(command)}`,
});
