/** What a check found; `mend` is the command that mends it, `fix` does so where that is safe. */
export type Finding = {
  readonly result: 'ok' | 'warning' | 'error';
  readonly detail: string;
  readonly mend?: string;
  readonly fix?: () => Promise<void> | void;
};
