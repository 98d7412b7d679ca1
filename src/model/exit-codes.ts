/** Every exit code of autosync; `docs/exit-codes.md` explains each. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  someFailed: 3,
  conflict: 10,
  locked: 11,
  offline: 12,
  bug: 70,
} as const;

/** One of the numbers in {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
