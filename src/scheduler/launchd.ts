import { AutosyncError, errorMessage } from '../model/errors.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { type Clock, systemClock } from '../system/clock.js';
import { homeFolder, pathCandidates, platform, userId } from '../system/environment.js';
import { isExecutable, joinPath } from '../system/files.js';
import { quoteShell } from '../system/quote.js';
import { areSameFiles, type EntryFile, ownEntryFiles, placeEntryFiles, readEntryFiles } from './entry-files.js';
import { localEntryMinutes, minuteField } from './entry-minutes.js';
import { askLaunchd, type Launchctl, loadedDomain, openDomain, putIn, takeOut } from './launchctl.js';
import { LABEL, renderAgent } from './launchd-agent.js';
import type { Availability, EntryState, InstallResult, Scheduler, SchedulerEntry, StartResult } from './scheduler.js';

/** What the launchd scheduler needs of the world outside; every part is the machine's own by default. */
export type LaunchdWorld = {
  readonly clock?: Clock;
  readonly platform?: NodeJS.Platform;
  readonly home?: AbsolutePath;
  readonly uid?: number;
  readonly findLaunchctl?: () => AbsolutePath | undefined;
  readonly timeLimitMs?: number;
};

type Launchd = Required<LaunchdWorld>;

/** Returns the scheduler that keeps an agent of the person's with launchd. */
export function createLaunchd(world: LaunchdWorld = {}): Scheduler {
  const launchd: Launchd = {
    clock: systemClock,
    platform,
    home: homeFolder(),
    uid: userId() ?? 0,
    findLaunchctl: () => [...pathCandidates('launchctl'), asAbsolute('/bin/launchctl')].find(isExecutable),
    timeLimitMs: 20_000,
    ...world,
  };
  return {
    kind: 'launchd',
    availability: () => availability(launchd),
    render: async (entry) =>
      agentFor(launchd, entry).map(({ path, content }) => ({ path, content: String(content ?? '') })),
    commands: ({ slots }) =>
      slots.length === 0 ? [] : [`launchctl bootstrap gui/${launchd.uid} ${quoteShell(agentPath(launchd))}`],
    install: (entry) => install(launchd, entry),
    uninstall: () => uninstall(launchd),
    state: (entry) => state(launchd, entry),
    start: () => start(launchd),
    cautions: async () => [],
  };
}

async function availability(launchd: Launchd): Promise<Availability> {
  const unavailable = (why: string): Availability => ({ kind: 'unavailable', why });
  if (launchd.platform !== 'darwin') return unavailable('launchd is on macOS only');
  const launchctl = openLaunchctl(launchd);
  if (launchctl === undefined) return unavailable("there is no program 'launchctl'");
  const domain = await openDomain(launchctl);
  return domain === undefined ? unavailable('launchd has no session of yours') : { kind: 'available' };
}

function agentFor(launchd: Launchd, entry: SchedulerEntry): readonly EntryFile[] {
  if (entry.slots.length === 0) return [];
  const text = renderAgent({ launcher: entry.launcher, minutes: localEntryMinutes(entry, launchd.clock.now()) });
  return [{ path: agentPath(launchd), content: Buffer.from(text) }];
}

async function install(launchd: Launchd, entry: SchedulerEntry): Promise<InstallResult> {
  const before = readEntryFiles([agentPath(launchd)]);
  const had = before.some(({ content }) => content !== undefined);
  const wanted = agentFor(launchd, entry);
  if (wanted.length === 0) {
    await uninstall(launchd);
    return { kind: had ? 'updated' : 'unchanged' };
  }
  const launchctl = expectLaunchctl(launchd);
  const domain = await openDomain(launchctl);
  if (domain === undefined) throw new AutosyncError('environment', 'launchd has no session of yours', LOG_IN);
  const loaded = await loadedDomain(launchctl);
  if (areSameFiles(wanted, before) && loaded !== undefined) return { kind: 'unchanged' };
  await orPutBack({ launchd, launchctl, before, loaded }, async () => {
    placeEntryFiles(wanted);
    if (loaded !== undefined) await takeOut(launchctl, loaded);
    await putIn(launchctl, domain, agentPath(launchd));
    if ((await loadedDomain(launchctl)) !== undefined) return;
    throw new AutosyncError('environment', `launchd has not loaded '${agentPath(launchd)}'`, LOG_IN);
  });
  return { kind: had ? 'updated' : 'installed' };
}

const LOG_IN = ['log in at the desktop once, and run the same command again'];

async function uninstall(launchd: Launchd): Promise<void> {
  const before = ownEntryFiles([agentPath(launchd)]);
  if (before.length === 0) return;
  const launchctl = expectLaunchctl(launchd);
  if ((await openDomain(launchctl)) === undefined) {
    throw new AutosyncError('environment', 'launchd does not answer', LOG_IN);
  }
  const loaded = await loadedDomain(launchctl);
  await orPutBack({ launchd, launchctl, before, loaded }, async () => {
    if (loaded !== undefined) await takeOut(launchctl, loaded);
    placeEntryFiles(before.map(({ path }) => ({ path, content: undefined })));
  });
}

type Standing = {
  readonly launchd: Launchd;
  readonly launchctl: Launchctl;
  readonly before: readonly EntryFile[];
  readonly loaded: string | undefined;
};

/** Does a piece of work; when it fails, makes file and agent what they were, as far as launchd lets us. */
async function orPutBack(standing: Standing, work: () => Promise<void>): Promise<void> {
  const { launchd, launchctl, before, loaded } = standing;
  try {
    await work();
  } catch (error) {
    placeEntryFiles(before);
    const now = await loadedDomain(launchctl);
    if (now !== undefined) await takeOut(launchctl, now).catch(() => undefined);
    if (loaded !== undefined) await putIn(launchctl, loaded, agentPath(launchd)).catch(() => undefined);
    throw error;
  }
}

async function state(launchd: Launchd, entry: SchedulerEntry): Promise<EntryState> {
  const present = ownEntryFiles([agentPath(launchd)]);
  if (present.length === 0) return { kind: 'absent', detail: `launchd has no agent '${LABEL}'` };
  const wanted = agentFor(launchd, entry);
  if (wanted.length === 0) return { kind: 'different', detail: 'there is an agent, but nothing is to be run' };
  if (!areSameFiles(wanted, present)) return { kind: 'different', detail: 'the agent is not what it should be' };
  try {
    const domain = await loadedDomain(expectLaunchctl(launchd));
    if (domain === undefined) return { kind: 'different', detail: 'the agent is there, but not loaded' };
    const minutes = minuteField(localEntryMinutes(entry, launchd.clock.now()));
    return { kind: 'present', detail: `${domain}/${LABEL} at minutes ${minutes}` };
  } catch (error) {
    return { kind: 'different', detail: errorMessage(error) };
  }
}

async function start(launchd: Launchd): Promise<StartResult> {
  const launchctl = expectLaunchctl(launchd);
  const domain = await loadedDomain(launchctl);
  if (domain === undefined) return { kind: 'refused', why: 'launchd has not loaded the agent' };
  const ended = await askLaunchd(launchctl, 'kickstart', `${domain}/${LABEL}`);
  return ended.exitCode === 0 ? { kind: 'started' } : { kind: 'refused', why: ended.stderr.trim() };
}

const agentPath = ({ home }: Launchd): AbsolutePath => joinPath(home, 'Library', 'LaunchAgents', `${LABEL}.plist`);

function openLaunchctl({ findLaunchctl, uid, clock, timeLimitMs }: Launchd): Launchctl | undefined {
  const program = findLaunchctl();
  return program === undefined ? undefined : { program, uid, clock, timeLimitMs };
}

function expectLaunchctl(launchd: Launchd): Launchctl {
  const launchctl = openLaunchctl(launchd);
  if (launchctl !== undefined) return launchctl;
  throw new AutosyncError('environment', "program 'launchctl' not found", ['install with --scheduler cron']);
}
