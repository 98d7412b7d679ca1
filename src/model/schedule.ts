/**
 * When a repository is due: a cron expression of five fields (or `@hourly` and its like) in local time,
 * or a period.
 */
export type Schedule =
  | { readonly kind: 'cron'; readonly expression: string }
  | { readonly kind: 'every'; readonly seconds: number };

/** The schedulers of operating systems that autosync can use. */
export type SchedulerKind = 'systemd' | 'cron' | 'launchd' | 'schtasks';

/** A repository's schedule and its machine's own offset into it. */
export type ScheduleSlot = {
  readonly schedule: Schedule;
  /** Seconds after the schedule's own time at which this machine is due, so that machines do not meet. */
  readonly offsetSeconds: number;
};
