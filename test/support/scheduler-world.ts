import type { Scheduler } from '../../src/scheduler/scheduler.js';

/** What can go wrong with a scheduler's program; `…-once` goes wrong the first time only. */
export type Manner =
  | 'well'
  | 'unreadable'
  | 'refuses'
  | 'half'
  | 'half-once'
  | 'silently-half-once'
  | 'hangs-once'
  | 'edited'
  | 'edited-once'
  | 'draining-once';

/** A scheduler with the part of the operating system that it writes to. */
export type SchedulerWorld = {
  readonly scheduler: Scheduler;
  /** A home folder in which launchers can be put. */
  readonly home: string;
  /** autosync's own folder in it. */
  readonly state: string;
  /** What stands where the scheduler writes, ours and the person's; undefined when there is nothing at all. */
  readonly read: () => Buffer | undefined;
  readonly write: (table: Buffer | undefined) => void;
  /** How many calls have been made that could have changed it. */
  readonly changes: () => number;
  readonly remove: () => void;
};

/** A world whose program can be made to misbehave. */
export type FakeWorld = SchedulerWorld & { readonly behave: (manner: Manner) => void };
