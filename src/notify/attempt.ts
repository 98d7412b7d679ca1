import { errorMessage } from '../model/errors.js';
import { type ExecRequest, exec } from '../system/exec.js';
import { foreign } from '../system/terminal.js';
import type { Delivery } from './notifier.js';

/** How one program took a notification; after a time-out nobody knows whether it was shown. */
export type Attempt = { readonly delivery: Delivery; readonly timedOut: boolean };

const WORDS_LENGTH = 200;

/** Runs a program that is to take a notification; exit code 0 means that it did. Never throws. */
export async function attempt(name: string, request: ExecRequest): Promise<Attempt> {
  const undelivered = (why: string): Delivery => ({ kind: 'undelivered', why: `${name}: ${why}` });
  try {
    const { exitCode, timedOut, stderr } = await exec(request);
    if (exitCode === 0) return { delivery: { kind: 'delivered' }, timedOut };
    if (timedOut) return { delivery: undelivered(`no answer within ${request.timeoutMs / 1000} s`), timedOut };
    return { delivery: undelivered(lastWords(stderr) || `ended with exit code ${exitCode}`), timedOut };
  } catch (error) {
    return { delivery: undelivered(lastWords(errorMessage(error))), timedOut: false };
  }
}

/** Puts several deliveries of one notification together: delivered when one of them was, else every reason. */
export function together(deliveries: readonly Delivery[]): Delivery {
  const reasons = deliveries.flatMap((delivery) => (delivery.kind === 'delivered' ? [] : [delivery.why]));
  return reasons.length < deliveries.length ? { kind: 'delivered' } : { kind: 'undelivered', why: reasons.join('; ') };
}

function lastWords(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return [...foreign(lines.findLast((line) => line !== '') ?? '')].slice(0, WORDS_LENGTH).join('');
}
