/** Who has to act: the person typing, the person's configuration, the machine, or nobody but us. */
export type ErrorKind = 'usage' | 'config' | 'environment' | 'failed' | 'locked' | 'offline' | 'internal';

/** An expected reason to stop: what failed, in one line, and how to mend it, as lines that can be pasted. */
export class AutosyncError extends Error {
  readonly kind: ErrorKind;
  readonly hints: readonly string[];

  constructor(kind: ErrorKind, message: string, hints: readonly string[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AutosyncError';
    this.kind = kind;
    this.hints = hints;
  }
}

/** Returns the code of a system error (`ENOENT`, `EEXIST`, …), or undefined for any other value. */
export function errorCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

/** Returns an error's own words. */
export const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));
