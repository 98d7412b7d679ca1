import type { PushOutcome } from '../model/outcome.js';

/** Why what was sent does not count as sent. */
export type NotThere = Extract<PushOutcome, { kind: 'unavailable' | 'not-attempted' }>;

/** Two seconds: so long a mirror may take to have what was sent to its source. */
const LAG_MS = 2_000;

/** What is said of a hub that is sent to at another URL than the one it is asked at. */
export const ELSEWHERE = 'leads to another repository, or to one whose mirror is slow';

/**
 * Looks for what was sent elsewhere where the hub is asked, twice; `look` tells whether it is there, or why nobody can
 * tell. Returns undefined when it is there, else why it does not count as sent.
 */
export async function missingAfterLag(
  { sleep }: { readonly sleep: (ms: number) => Promise<void> },
  look: () => Promise<boolean | Extract<PushOutcome, { kind: 'unavailable' }>>,
  why: string,
): Promise<NotThere | undefined> {
  for (const pause of [0, LAG_MS]) {
    await sleep(pause);
    const found = await look();
    if (typeof found !== 'boolean') return found;
    if (found) return undefined;
  }
  return { kind: 'not-attempted', why };
}
