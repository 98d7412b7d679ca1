/** The time of day and waiting; tests hand in their own. */
export type Clock = {
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
  /** Milliseconds that never run backwards, for time limits and durations. */
  readonly monotonic: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
};

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};
