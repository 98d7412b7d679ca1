import { AutosyncError, errorMessage } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import type { Locations } from '../store/locations.js';
import { type Clock, systemClock } from '../system/clock.js';
import { childEnvironment, pathCandidates, platform, userName } from '../system/environment.js';
import { type ExecResult, exec } from '../system/exec.js';
import { isExecutable, joinPath } from '../system/files.js';
import { printable } from '../system/printable.js';
import { areSameFiles, type EntryFile, ownEntryFiles, placeEntryFiles, readEntryFiles } from './entry-files.js';
import { localEntryMinutes, minuteField } from './entry-minutes.js';
import type { Availability, EntryState, InstallResult, Scheduler, SchedulerEntry, StartResult } from './scheduler.js';
import { renderTask } from './task-xml.js';

/** What the scheduler for Windows needs of the world outside; every part but the folder is the machine's own by default. */
export type SchtasksWorld = {
  readonly locations: Pick<Locations, 'state'>;
  readonly clock?: Clock;
  readonly platform?: NodeJS.Platform;
  readonly user?: string;
  readonly findSchtasks?: () => AbsolutePath | undefined;
  readonly timeLimitMs?: number;
};

type Schtasks = Required<SchtasksWorld>;

/** Returns the scheduler that keeps a task of the person's in Windows' Task Scheduler. */
export function createSchtasks(world: SchtasksWorld): Scheduler {
  const schtasks: Schtasks = {
    clock: systemClock,
    platform,
    user: userName(),
    findSchtasks: () => pathCandidates('schtasks.exe').find(isExecutable),
    timeLimitMs: 20_000,
    ...world,
  };
  return {
    kind: 'schtasks',
    availability: () => availability(schtasks),
    render: async (entry) =>
      taskFor(schtasks, entry).map(({ path, content }) => ({ path, content: readable(content) })),
    commands: ({ slots }) =>
      slots.length === 0 ? [] : [`schtasks ${createArguments(schtasks).map(worded).join(' ')}`],
    install: (entry) => install(schtasks, entry),
    uninstall: () => uninstall(schtasks),
    state: (entry) => state(schtasks, entry),
    start: () => start(schtasks),
    cautions: async () => [],
  };
}

const readable = (content: Buffer | undefined): string =>
  (content?.toString('utf16le') ?? '').replace(/^\ufeff/, '').replaceAll('\r', '');

const worded = (word: string): string => (/[ ()]/.test(word) ? `"${word}"` : word);

async function availability(schtasks: Schtasks): Promise<Availability> {
  const unavailable = (why: string): Availability => ({ kind: 'unavailable', why });
  if (schtasks.platform !== 'win32') return unavailable('Task Scheduler is on Windows only');
  if (schtasks.findSchtasks() === undefined) return unavailable("there is no program 'schtasks.exe' on PATH");
  const ended = await ask(schtasks, ['/query', '/fo', 'csv', '/nh']);
  return ended.exitCode === 0 ? { kind: 'available' } : unavailable(complaint(schtasks, ended));
}

function taskFor(schtasks: Schtasks, entry: SchedulerEntry): readonly EntryFile[] {
  const { launcher, slots, second } = entry;
  if (slots.length === 0) return [];
  const minutes = localEntryMinutes(entry, schtasks.clock.now());
  return [{ path: taskFile(schtasks), content: renderTask({ launcher, minutes, second }) }];
}

async function install(schtasks: Schtasks, entry: SchedulerEntry): Promise<InstallResult> {
  const before = readEntryFiles([taskFile(schtasks)]);
  const wanted = taskFor(schtasks, entry);
  if (wanted.length === 0) {
    const had = before.some(({ content }) => content !== undefined);
    await uninstall(schtasks);
    return { kind: had ? 'updated' : 'unchanged' };
  }
  await expectAnswer(schtasks);
  const task = await readTask(schtasks);
  if (areSameFiles(wanted, before) && task === 'ready') return { kind: 'unchanged' };
  await orPutBack({ schtasks, before, task }, async () => {
    placeEntryFiles(wanted);
    await tell(schtasks, createArguments(schtasks));
    if ((await readTask(schtasks)) === 'ready') return;
    throw new AutosyncError('environment', `Task Scheduler has no task '${taskName(schtasks)}' all the same`);
  });
  return { kind: task === 'absent' ? 'installed' : 'updated' };
}

async function uninstall(schtasks: Schtasks): Promise<void> {
  const before = ownEntryFiles([taskFile(schtasks)]);
  if (before.length === 0) return;
  await expectAnswer(schtasks);
  const task = await readTask(schtasks);
  await orPutBack({ schtasks, before, task }, async () => {
    if (task !== 'absent') await tell(schtasks, ['/delete', '/tn', taskName(schtasks), '/f']);
    if ((await readTask(schtasks)) !== 'absent') {
      throw new AutosyncError('environment', `Task Scheduler does not let go of '${taskName(schtasks)}'`);
    }
    placeEntryFiles(before.map(({ path }) => ({ path, content: undefined })));
  });
}

type Standing = { readonly schtasks: Schtasks; readonly before: readonly EntryFile[]; readonly task: TaskState };

/** Does a piece of work; when it fails, makes file and task what they were, as far as Task Scheduler lets us. */
async function orPutBack({ schtasks, before, task }: Standing, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    placeEntryFiles(before);
    if (task === 'absent') await ask(schtasks, ['/delete', '/tn', taskName(schtasks), '/f']);
    else if (before.some(({ content }) => content !== undefined)) await ask(schtasks, createArguments(schtasks));
    throw error;
  }
}

async function state(schtasks: Schtasks, entry: SchedulerEntry): Promise<EntryState> {
  const name = taskName(schtasks);
  const present = ownEntryFiles([taskFile(schtasks)]);
  if (present.length === 0) return { kind: 'absent', detail: `Task Scheduler has no task '${name}'` };
  const wanted = taskFor(schtasks, entry);
  if (wanted.length === 0) return { kind: 'different', detail: `there is a task '${name}', but nothing is to be run` };
  if (!areSameFiles(wanted, present)) return { kind: 'different', detail: `task '${name}' is not what it should be` };
  try {
    const task = await readTask(schtasks);
    if (task !== 'ready') return { kind: 'different', detail: `task '${name}' is ${task}` };
  } catch (error) {
    return { kind: 'different', detail: errorMessage(error) };
  }
  const minutes = minuteField(localEntryMinutes(entry, schtasks.clock.now()));
  return { kind: 'present', detail: `task '${name}' at minutes ${minutes}` };
}

/** Task Scheduler begins it at once, and does not say when it has ended. */
async function start(schtasks: Schtasks): Promise<StartResult> {
  const ended = await ask(schtasks, ['/run', '/tn', taskName(schtasks)]);
  return ended.exitCode === 0 ? { kind: 'started' } : { kind: 'refused', why: complaint(schtasks, ended) };
}

/** How our task stands with Task Scheduler. */
type TaskState = 'absent' | 'disabled' | 'ready';

/** Asks for the task's XML, because all else that schtasks prints is in the language of the person's Windows. */
async function readTask(schtasks: Schtasks): Promise<TaskState> {
  const ended = await ask(schtasks, ['/query', '/tn', taskName(schtasks), '/xml']);
  if (ended.exitCode !== 0) return 'absent';
  // Nothing but ASCII is looked for, whichever code page the rest is in.
  const text = ended.stdout.toString('latin1').replaceAll('\0', '');
  const settings = /<Settings>.*<\/Settings>/s.exec(text)?.[0] ?? '';
  return settings.includes('<Enabled>false</Enabled>') ? 'disabled' : 'ready';
}

/** That there is no such task and that nobody answers have the same exit code. */
async function expectAnswer(schtasks: Schtasks): Promise<void> {
  await tell(schtasks, ['/query', '/fo', 'csv', '/nh']);
}

/** All people of a machine share one list of tasks. */
const taskName = ({ user }: Schtasks): string => `autosync (${user.replaceAll(/[\\/:*?"<>|%]/g, '_')})`;

const taskFile = ({ locations }: Schtasks): AbsolutePath => joinPath(locations.state, 'task.xml');

const createArguments = (schtasks: Schtasks): readonly string[] => [
  '/create',
  '/tn',
  taskName(schtasks),
  '/xml',
  taskFile(schtasks),
  '/f',
];

function ask({ findSchtasks, timeLimitMs }: Schtasks, args: readonly string[]): Promise<ExecResult> {
  const program = findSchtasks();
  if (program === undefined) throw new AutosyncError('environment', "program 'schtasks.exe' not found");
  return exec({ program, args, cwd: '/', env: childEnvironment(), timeoutMs: timeLimitMs });
}

async function tell(schtasks: Schtasks, args: readonly string[]): Promise<void> {
  const ended = await ask(schtasks, args);
  if (ended.exitCode === 0) return;
  const line = args.map(worded).join(' ');
  throw new AutosyncError('environment', `schtasks failed at '${line}': ${complaint(schtasks, ended)}`, [
    `see what 'schtasks ${line}' says`,
  ]);
}

function complaint({ timeLimitMs }: Schtasks, ended: ExecResult): string {
  if (ended.timedOut) return `it did not end within ${timeLimitMs / 1000} seconds`;
  const words = printable(ended.stderr.trim().split('\n', 1)[0] ?? '').trim();
  return words === '' ? `it ended with exit code ${ended.exitCode}` : words;
}
