import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import type { SchedulerWish } from '../scheduler/index.js';
import { parseEvery, parseSchedule, scheduleText } from '../scheduler/schedule-text.js';
import { type Arguments, isOn, textOf } from './command.js';

/** What a person asks of an installation; settings are texts by setting name. */
export type InstallWish = {
  readonly settings: Readonly<Record<string, string>>;
  readonly scheduler: SchedulerWish;
  readonly hooks: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
};

const WISHES: readonly SchedulerWish[] = ['auto', 'systemd', 'cron', 'launchd', 'schtasks', 'none'];

/** Adds the options that `install` and `clone` share. */
export const installOptions = (yargs: Argv): Argv =>
  yargs
    .option('schedule', {
      type: 'string',
      describe: "When to run: a cron expression such as '*/15 * * * *', or '@hourly'",
    })
    .option('every', { type: 'string', describe: 'How often to run: 5m, 1h, 1d (default: 5m)' })
    .option('mode', {
      type: 'string',
      choices: ['sync', 'backup', 'follow'],
      describe: 'What a run does (default: sync)',
    })
    .option('conflict', {
      type: 'string',
      choices: ['keep-both', 'pause', 'prefer-local', 'prefer-remote'],
      describe: 'What to do when both sides changed a file',
    })
    .option('remote', {
      type: 'string',
      describe: "The remote to use (default: the branch's own upstream, or the only remote)",
    })
    .option('scheduler', {
      type: 'string',
      choices: WISHES,
      default: 'auto',
      describe: 'Which scheduler to use',
    })
    .option('hooks', {
      type: 'boolean',
      default: true,
      describe: 'Install hooks (--no-hooks: the scheduler alone does the work)',
    })
    .option('dry-run', {
      type: 'boolean',
      default: false,
      describe: 'Print every file and command, and change nothing',
    });

/** Reads those options; what is wrong with one is a usage error that says which part. */
export function readInstallWish(args: Arguments): InstallWish {
  const settings: Record<string, string> = {};
  const schedule = textOf(args, 'schedule');
  const every = textOf(args, 'every');
  if (schedule !== undefined && every !== undefined) {
    throw new AutosyncError('usage', "options '--schedule' and '--every' exclude each other", ['give one of them']);
  }
  if (schedule !== undefined) settings['schedule'] = scheduleText(parseSchedule(schedule));
  if (every !== undefined) settings['schedule'] = scheduleText(parseEvery(every));
  for (const name of ['mode', 'conflict', 'remote']) {
    const value = textOf(args, name);
    if (value !== undefined) settings[name] = value;
  }
  const scheduler = textOf(args, 'scheduler');
  return {
    settings,
    scheduler: WISHES.find((wish) => wish === scheduler) ?? 'auto',
    hooks: args['hooks'] !== false,
    dryRun: isOn(args, 'dry-run'),
    json: isOn(args, 'json'),
  };
}
