import type { AbsolutePath } from '../model/paths.js';
import type { SchedulerKind, ScheduleSlot } from '../model/schedule.js';

/** What a scheduler is given: the launcher it calls, and when any repository can be due. */
export type SchedulerEntry = {
  readonly launcher: AbsolutePath;
  /** The person's home folder, so that an entry can say `$HOME`. */
  readonly home: AbsolutePath;
  /** One for each repository; with none there is nothing to call, and no entry. */
  readonly slots: readonly ScheduleSlot[];
  /** The second of a minute at which this machine begins, 0 to 59, so that machines with one schedule do not meet. */
  readonly second: number;
};

/** Whether a scheduler really runs jobs on this machine. */
export type Availability =
  | { readonly kind: 'available' }
  /** `mend`: what makes it work, where somebody could do something about it. */
  | { readonly kind: 'unavailable'; readonly why: string; readonly mend?: string };

/** One file that an entry consists of, or (with `path` a name like `crontab`) one region of a foreign table. */
export type RenderedFile = { readonly path: string; readonly content: string };

/** What an installation changed: `unchanged` means that no program was called to change anything. */
export type InstallResult = { readonly kind: 'installed' | 'updated' | 'unchanged' };

/**
 * Whether our entry stands there as it should. `different` can be mended by installing; `unreadable` cannot, and
 * installing would be refused: the table cannot be read, or our markers in it do not pair up.
 */
export type EntryState = { readonly kind: 'present' | 'absent' | 'different' | 'unreadable'; readonly detail: string };

/** What will go wrong one day although all is well now, in one line, and the command that prevents it. */
export type Caution = { readonly what: string; readonly mend: string };

/**
 * How a run through the scheduler's own door began: `ended` when it is over by now, `started` when the scheduler does
 * not say when it will be, `refused` when the scheduler would not, or could not, with its words.
 */
export type StartResult = { readonly kind: 'ended' | 'started' } | { readonly kind: 'refused'; readonly why: string };

/**
 * ★ One of the operating system's schedulers. Every implementation passes `test/contract/scheduler.test.ts`:
 * there is at most one entry of ours per installation; installing twice makes no change and no call that could;
 * a failure half-way is an AutosyncError and leaves everything as it was; uninstalling restores foreign content
 * byte for byte and is silent when nothing is installed. An entry calls `<launcher> snapshot --due` and nothing else.
 */
export type Scheduler = {
  readonly kind: SchedulerKind;
  readonly availability: () => Promise<Availability>;
  /** What would be written, without writing it. */
  readonly render: (entry: SchedulerEntry) => Promise<readonly RenderedFile[]>;
  /** The command lines that installing would run, for `--dry-run`. */
  readonly commands: (entry: SchedulerEntry) => readonly string[];
  readonly install: (entry: SchedulerEntry) => Promise<InstallResult>;
  readonly uninstall: () => Promise<void>;
  readonly state: (entry: SchedulerEntry) => Promise<EntryState>;
  /**
   * Makes the entry run now, as the scheduler itself would: the rehearsal. Where a scheduler has no such door, its very
   * command runs in its very environment. Returns within the given milliseconds.
   */
  readonly start: (entry: SchedulerEntry, limitMs: number) => Promise<StartResult>;
  /** What this machine's way of running the scheduler will spoil one day. */
  readonly cautions: () => Promise<readonly Caution[]>;
};
