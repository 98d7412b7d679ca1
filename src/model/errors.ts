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

/** Returns an error's own words; Node has none for a quota that is used up (EDQUOT, 122 on Linux). */
export const errorMessage = (error: unknown): string =>
  error instanceof Error
    ? error.message.replace(/^(Unknown system error -122: )+Unknown system error -122/, 'EDQUOT: disk quota exceeded')
    : String(error);

/** What a machine says for which nobody's program is to blame; the last two are what Node makes of EDQUOT. */
const MACHINE: ReadonlySet<string | undefined> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EROFS',
  'EACCES',
  'EPERM',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'Unknown system error -122',
  'UNKNOWN',
]);

/** Tells whether it was the machine that refused something: a full disk, a file that may not be written. */
export const isMachineError = (error: unknown): boolean => MACHINE.has(errorCode(error));

/** What a machine says of a path that leads nowhere, or to something else than is wanted there. */
const PATH: ReadonlySet<string | undefined> = new Set(['ENAMETOOLONG', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ELOOP']);

/** Tells whether a path, as somebody has typed it or as it stands on the disk, was of no use. */
export const isPathError = (error: unknown): boolean => PATH.has(errorCode(error));
