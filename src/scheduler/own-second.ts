/** What decides how long a run waits for its machine's own second; times are milliseconds since 1970. */
export type OwnSecondRequest = {
  readonly now: number;
  /** The second of a minute at which this machine begins. */
  readonly second: number;
  /** Returns how many repositories are due at a time. */
  readonly countDue: (at: number) => number;
};

/** Later in a minute than this it was not the minute that began us: starting Node takes less. */
const FIRST_MS = 3_000;

/**
 * Returns for how long a run that a scheduler has begun waits, in milliseconds. cron and launchd know no seconds: they
 * begin at the first one of a minute, on every machine at once, and an entry's minutes are chosen so that what is due
 * is due by the machine's own second (`entry-minutes.ts`). Where nobody is due by then, nobody waits.
 */
export function waitForOwnSecond({ now, second, countDue }: OwnSecondRequest): number {
  // Before 1970, where a clock may stand that was never set, the remainder is negative.
  const intoMinute = ((now % 60_000) + 60_000) % 60_000;
  const wait = second * 1000 - intoMinute;
  if (wait <= 0) return 0;
  const then = countDue(now + wait);
  const isBegunByMinute = intoMinute < FIRST_MS;
  return then > (isBegunByMinute ? 0 : countDue(now)) ? wait : 0;
}
