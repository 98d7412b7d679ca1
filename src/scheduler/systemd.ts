import { dirname } from 'node:path';
import { AutosyncError, errorMessage } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import type { Locations } from '../store/locations.js';
import { type Clock, systemClock } from '../system/clock.js';
import { childEnvironment, pathCandidates, platform, userName } from '../system/environment.js';
import { exec } from '../system/exec.js';
import { isExecutable, joinPath, remove, removeEmptyFolder } from '../system/files.js';
import { areSameFiles, type EntryFile, ownEntryFiles, placeEntryFiles, readEntryFiles } from './entry-files.js';
import { localEntryMinutes } from './entry-minutes.js';
import type { Availability, Caution, EntryState, InstallResult, Scheduler, SchedulerEntry } from './scheduler.js';
import { calendarExpression, renderUnits, SERVICE, TIMER } from './systemd-units.js';
import {
  askManager,
  complaint,
  readTimerState,
  type TimerState,
  tellManager,
  type UserManager,
} from './user-manager.js';

/** What the systemd scheduler needs of the world outside; every part but the folders is the machine's own by default. */
export type SystemdWorld = {
  readonly locations: Pick<Locations, 'config' | 'data'>;
  readonly clock?: Clock;
  readonly platform?: NodeJS.Platform;
  readonly findSystemctl?: () => AbsolutePath | undefined;
  readonly timeLimitMs?: number;
};

type Systemd = Required<SystemdWorld>;

/** Returns the scheduler that keeps a timer in the person's own systemd. */
export function createSystemd(world: SystemdWorld): Scheduler {
  const systemd: Systemd = {
    clock: systemClock,
    platform,
    findSystemctl: () => pathCandidates('systemctl').find(isExecutable),
    timeLimitMs: 20_000,
    ...world,
  };
  return {
    kind: 'systemd',
    availability: () => availability(systemd),
    render: async (entry) =>
      unitsFor(systemd, entry).map(({ path, content }) => ({ path, content: String(content ?? '') })),
    commands: ({ slots }) => (slots.length === 0 ? [] : STEPS.map((step) => `systemctl --user ${step.join(' ')}`)),
    install: (entry) => install(systemd, entry),
    uninstall: () => uninstall(systemd),
    state: (entry) => state(systemd, entry),
    start: async (_entry, limitMs) => {
      const ended = await askManager(expectManager(systemd), ['start', SERVICE], limitMs);
      if (ended.exitCode === 0) return { kind: 'ended' };
      const why = ended.timedOut ? 'the run has not ended yet' : complaint(expectManager(systemd), ended);
      return { kind: 'refused', why };
    },
    cautions: () => cautions(systemd),
  };
}

/** A timer that runs already takes a new time only when it begins anew. */
const STEPS = [['daemon-reload'], ['enable', TIMER], ['restart', TIMER]] as const;

async function availability(systemd: Systemd): Promise<Availability> {
  const unavailable = (why: string): Availability => ({ kind: 'unavailable', why });
  if (systemd.platform !== 'linux') return unavailable('systemd is on Linux only');
  const manager = openManager(systemd);
  if (manager === undefined) return unavailable("there is no program 'systemctl' on PATH");
  const ended = await askManager(manager, ['list-timers']);
  if (ended.exitCode === 0) return { kind: 'available' };
  const why = `systemd's user manager does not answer: ${complaint(manager, ended)}`;
  return { kind: 'unavailable', why, mend: 'let it run without a login: sudo loginctl enable-linger "$USER"' };
}

function unitsFor(systemd: Systemd, entry: SchedulerEntry): readonly EntryFile[] {
  const { launcher, slots, second } = entry;
  if (slots.length === 0) return [];
  const minutes = localEntryMinutes(entry, systemd.clock.now());
  return renderUnits({ folder: unitFolder(systemd), launcher, minutes, second });
}

async function install(systemd: Systemd, entry: SchedulerEntry): Promise<InstallResult> {
  const before = readEntryFiles(unitPaths(systemd));
  const had = before.some(({ content }) => content !== undefined);
  if (entry.slots.length === 0) {
    await uninstall(systemd);
    return { kind: had ? 'updated' : 'unchanged' };
  }
  const wanted = unitsFor(systemd, entry);
  const manager = expectManager(systemd);
  const timer = await readTimerState(manager, TIMER);
  if (areSameFiles(wanted, before) && isCounting(timer)) return { kind: 'unchanged' };
  await orPutBack({ systemd, manager, before, timer }, async () => {
    placeEntryFiles(wanted);
    for (const step of STEPS) await tellManager(manager, step);
    if (isCounting(await readTimerState(manager, TIMER))) return;
    throw new AutosyncError('environment', `systemd does not count '${TIMER}', which is in '${unitFolder(systemd)}'`, [
      `see what 'systemctl --user status ${TIMER}' says`,
    ]);
  });
  return { kind: had ? 'updated' : 'installed' };
}

async function uninstall(systemd: Systemd): Promise<void> {
  const before = ownEntryFiles(unitPaths(systemd));
  if (before.length === 0) return;
  const manager = openManager(systemd);
  if (manager === undefined) {
    removeFiles(systemd, before);
    return;
  }
  const timer = await readTimerState(manager, TIMER);
  await orPutBack({ systemd, manager, before, timer }, async () => {
    if (timer.enabled || timer.active) await tellManager(manager, ['disable', '--now', TIMER]);
    const { enabled, active } = await readTimerState(manager, TIMER);
    if (enabled || active) throw new AutosyncError('environment', `systemd does not let go of '${TIMER}'`);
    removeFiles(systemd, before);
    await tellManager(manager, ['daemon-reload']);
  });
  // A run that failed would be remembered; where there was none, this one fails, and nobody minds.
  await askManager(manager, ['reset-failed', SERVICE]);
}

type Standing = {
  readonly systemd: Systemd;
  readonly manager: UserManager;
  readonly before: readonly EntryFile[];
  readonly timer: TimerState;
};

/** Does a piece of work; when it fails, makes units and timer what they were, as far as systemd lets us. */
async function orPutBack({ systemd, manager, before, timer }: Standing, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!timer.active) await askManager(manager, ['stop', TIMER]);
    if (!timer.enabled) remove(wantsLink(systemd));
    placeEntryFiles(before);
    await askManager(manager, ['daemon-reload']);
    if (timer.enabled) await askManager(manager, ['enable', TIMER]);
    if (timer.active) await askManager(manager, ['restart', TIMER]);
    removeEmptyFolders(systemd);
    throw error;
  }
}

function removeFiles(systemd: Systemd, files: readonly EntryFile[]): void {
  placeEntryFiles(files.map(({ path }) => ({ path, content: undefined })));
  remove(wantsLink(systemd));
  // Else a timer that is installed next year would make up for this year at once.
  remove(joinPath(systemd.locations.data, '..', 'systemd', 'timers', `stamp-${TIMER}`));
  removeEmptyFolders(systemd);
}

function removeEmptyFolders(systemd: Systemd): void {
  const folder = unitFolder(systemd);
  for (const one of [dirname(wantsLink(systemd)), folder, dirname(folder)]) removeEmptyFolder(one);
}

async function state(systemd: Systemd, entry: SchedulerEntry): Promise<EntryState> {
  const present = ownEntryFiles(unitPaths(systemd));
  if (present.length === 0) return { kind: 'absent', detail: `systemd has no '${TIMER}'` };
  const wanted = unitsFor(systemd, entry);
  if (wanted.length === 0) return { kind: 'different', detail: `there is a '${TIMER}', but nothing is to be run` };
  if (!areSameFiles(wanted, present)) return { kind: 'different', detail: `'${TIMER}' is not what it should be` };
  try {
    const manager = openManager(systemd);
    if (manager === undefined) return { kind: 'different', detail: "there is no program 'systemctl' on PATH" };
    const timer = await readTimerState(manager, TIMER);
    if (!isCounting(timer)) return { kind: 'different', detail: `'${TIMER}' is there, but not started` };
  } catch (error) {
    return { kind: 'different', detail: errorMessage(error) };
  }
  const calendar = calendarExpression(localEntryMinutes(entry, systemd.clock.now()), entry.second);
  return { kind: 'present', detail: `${TIMER} at ${calendar}` };
}

const isCounting = ({ enabled, active, stale }: TimerState): boolean => enabled && active && !stale;

/** Without lingering, the person's systemd ends with his last login, and begins with the next one. */
async function cautions(systemd: Systemd): Promise<readonly Caution[]> {
  const loginctl = pathCandidates('loginctl').find(isExecutable);
  if (loginctl === undefined) return [];
  const args = ['show-user', userName(), '--property=Linger', '--value'];
  const request = { program: loginctl, args, cwd: '/', env: childEnvironment({ LC_ALL: 'C' }) };
  const ended = await exec({ ...request, timeoutMs: systemd.timeLimitMs });
  if (ended.exitCode !== 0 || ended.stdout.toString('utf8').trim() !== 'no') return [];
  const what = 'your timers stop when you log out, and do not begin before you log in';
  return [{ what, mend: 'loginctl enable-linger' }];
}

/** The folder of the person's own units lies beside our own settings, by the same rules (systemd.unit(5)). */
const unitFolder = (systemd: Systemd): AbsolutePath => joinPath(systemd.locations.config, '..', 'systemd', 'user');

const unitPaths = (systemd: Systemd): readonly AbsolutePath[] =>
  [SERVICE, TIMER].map((name) => joinPath(unitFolder(systemd), name));

const wantsLink = (systemd: Systemd): AbsolutePath => joinPath(unitFolder(systemd), 'timers.target.wants', TIMER);

function openManager({ findSystemctl, timeLimitMs }: Systemd): UserManager | undefined {
  const systemctl = findSystemctl();
  return systemctl === undefined ? undefined : { systemctl, timeLimitMs };
}

function expectManager(systemd: Systemd): UserManager {
  const manager = openManager(systemd);
  if (manager !== undefined) return manager;
  throw new AutosyncError('environment', "program 'systemctl' not found", ['install with --scheduler cron']);
}
