import type { RemoteFailure } from '../model/outcome.js';
import type { RepoReport } from '../model/report.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What will not mend itself within minutes; asking again and again could even lock an account. */
const STUBBORN: readonly RemoteFailure[] = [
  'auth',
  'not-found',
  'host-key',
  'certificate',
  'disk-full',
  'own-hook',
  'other',
];

/**
 * Returns the time before which the scheduler need not try again, in milliseconds since 1970; undefined for "at the
 * next slot". A hub that is merely out of reach may be back in a minute, so nothing is put off for it.
 */
export function nextTry(
  report: RepoReport,
  { failures, now }: { readonly failures: number; readonly now: number },
): number | undefined {
  const stubborn = [report.fetch, report.push].some(
    (outcome) => outcome.kind === 'unavailable' && STUBBORN.includes(outcome.reason),
  );
  const refused = report.push.kind === 'rejected' && !['moved', 'locked'].includes(report.push.reason);
  if (report.verdict !== 'failed' && !stubborn && !refused) return undefined;
  return now + Math.min(HOUR_MS, MINUTE_MS * 2 ** Math.min(failures, 10));
}
