import type { Clock } from '../system/clock.js';

/** Something that may ring while nobody listens; that it rang is kept until it is heard. */
export type Bell = {
  readonly ring: () => void;
  /** Waits until it rings, or for so many milliseconds; a ring that nobody has heard yet is heard at once. */
  readonly hear: (limitMs: number) => Promise<'rang' | 'quiet'>;
};

/** Returns a bell that has not rung. */
export function createBell(): Bell {
  let rang = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rang = true;
      wake?.();
    },
    hear: async (limitMs) => {
      if (!rang) await untilWoken(limitMs, (done) => (wake = done));
      wake = undefined;
      const heard = rang;
      rang = false;
      return heard ? 'rang' : 'quiet';
    },
  };
}

const untilWoken = (limitMs: number, keep: (done: () => void) => void): Promise<void> =>
  new Promise((resolve) => {
    const limit = setTimeout(resolve, limitMs);
    keep(() => {
      clearTimeout(limit);
      resolve();
    });
  });

/** How long a burst of rings may take. */
export type Patience = {
  /** Milliseconds without a ring after which it is over. */
  readonly quietMs: number;
  /** Milliseconds after which it is taken for over although it still rings: a log that is always written. */
  readonly mostMs: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Whether there is nothing left to wait for. */
  readonly isOver: () => boolean;
};

/** Waits for the end of a burst of rings, however many there are. */
export async function hearOut(bell: Bell, { quietMs, mostMs, clock, isOver }: Patience): Promise<void> {
  const end = clock.monotonic() + mostMs;
  while (!isOver() && clock.monotonic() < end) {
    if ((await bell.hear(Math.min(quietMs, mostMs))) === 'quiet') return;
  }
}
