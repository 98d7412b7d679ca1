import { afterEach, describe, expect, it } from 'vitest';
import { checkScheduler } from '../../../src/commands/check-scheduler.js';
import { findScheduler, moveEntry, rememberWish } from '../../../src/commands/entry.js';
import { wire } from '../../../src/commands/wiring.js';
import { asAbsolute } from '../../../src/model/paths.js';
import { parseSchedule } from '../../../src/scheduler/schedule-text.js';
import type { Scheduler, SchedulerEntry } from '../../../src/scheduler/scheduler.js';
import { registerRepo } from '../../../src/store/registry.js';
import { fakeCrontab } from '../../support/crontabs.js';
import { fakeLaunchd } from '../../support/foreign-schedulers.js';
import { freshLocations } from '../../support/locations.js';
import type { FakeWorld } from '../../support/scheduler-world.js';
import { fakeSystemd } from '../../support/unit-folders.js';

const entry = (seconds: number): SchedulerEntry => ({
  launcher: asAbsolute('/home/ada/.local/share/autosync/run'),
  home: asAbsolute('/home/ada'),
  slots: [{ schedule: { kind: 'every', seconds }, offsetSeconds: 0 }],
  second: 0,
});

const [before, after] = [entry(300), entry(900)];
const entries = { before, after };

const worlds: FakeWorld[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.remove();
});

/** Opens systemd and cron side by side; the person has jobs of his own in the second. */
function openBoth(change: { daemonRuns?: () => boolean } = {}): {
  readonly systemd: FakeWorld;
  readonly cron: FakeWorld;
  readonly all: readonly Scheduler[];
} {
  const [systemd, cron] = [fakeSystemd(), fakeCrontab(change)];
  worlds.push(systemd, cron);
  cron.write(Buffer.from('0 3 * * * job\n'));
  return { systemd, cron, all: [systemd.scheduler, cron.scheduler] };
}

const picture = (...all: readonly FakeWorld[]): readonly string[] => all.map((world) => String(world.read()));

describe('the scheduler for a wish', () => {
  it('is the first that works', async () => {
    const { all, systemd } = openBoth();
    expect(await findScheduler('auto', all, before)).toMatchObject({ scheduler: { kind: 'systemd' } });
    systemd.behave('unreadable');
    expect(await findScheduler('auto', all, before)).toMatchObject({ scheduler: { kind: 'cron' } });
  });

  it('with auto stays the one that has the entry, and by name is the other', async () => {
    const { all, cron } = openBoth();
    await cron.scheduler.install(before);
    expect(await findScheduler('auto', all, before)).toMatchObject({ scheduler: { kind: 'cron' } });
    expect(await findScheduler('systemd', all, before)).toMatchObject({ scheduler: { kind: 'systemd' } });
  });

  it('is not a crontab that no daemon reads, even if the entry is in there', async () => {
    let isRunning = true;
    const { all, cron, systemd } = openBoth({ daemonRuns: () => isRunning });
    await cron.scheduler.install(before);
    isRunning = false;
    expect(await findScheduler('auto', all, before)).toMatchObject({ scheduler: { kind: 'systemd' } });
    systemd.behave('unreadable');
    expect(await findScheduler('auto', all, before)).toEqual({
      kind: 'none',
      why: "cron: no cron daemon is running; systemd: systemd's user manager does not answer: Failed to connect to bus: No medium found",
      mends: ['start cron: sudo service cron start', 'let it run without a login: sudo loginctl enable-linger "$USER"'],
    });
  });
});

describe('doctor, where no scheduler calls', () => {
  it('puts none in place for who wanted none, until he wants one', async () => {
    const { all: schedulers, cron } = openBoth();
    const locations = freshLocations();
    const path = asAbsolute(cron.home);
    await registerRepo(locations, { path, vcs: 'git', hooks: false, settings: {}, parseSchedule });
    const look = () => checkScheduler({ ...wire(), locations, schedulers });
    rememberWish(locations, 'none');
    expect(await look()).toEqual({ result: 'ok', detail: expect.stringContaining('none was wanted') });
    rememberWish(locations, 'auto');
    expect(await look()).toMatchObject({ result: 'error', fix: expect.any(Function) });
  });
});

describe('moving the entry', () => {
  it('to another scheduler removes it from the first, and leaves what is foreign', async () => {
    const { all, systemd, cron } = openBoth();
    await moveEntry(all, cron.scheduler, entries);
    expect(await systemd.scheduler.state(after)).toMatchObject({ kind: 'absent' });
    await moveEntry(all, systemd.scheduler, { before: after, after });
    expect(picture(cron)).toEqual(['0 3 * * * job\n']);
    expect(await systemd.scheduler.state(after)).toMatchObject({ kind: 'present' });
    await moveEntry(all, cron.scheduler, { before: after, after });
    expect(systemd.read()).toBeUndefined();
    await moveEntry(all, undefined, { before: after, after });
    expect(picture(systemd, cron)).toEqual(['undefined', '0 3 * * * job\n']);
  });

  it.each(['refuses', 'half-once', 'silently-half-once'] as const)(
    'leaves all as it was when the new one fails (%s)',
    async (manner) => {
      const { all, systemd, cron } = openBoth();
      await moveEntry(all, cron.scheduler, { before, after: before });
      const was = picture(systemd, cron);
      systemd.behave(manner);
      await expect(moveEntry(all, systemd.scheduler, entries)).rejects.toMatchObject({ kind: 'environment' });
      expect(picture(systemd, cron)).toEqual(was);
    },
  );

  it.each(['refuses', 'half-once', 'silently-half-once'] as const)(
    'leaves all as it was when the old one does not let go (%s)',
    async (manner) => {
      const { all, systemd, cron } = openBoth();
      await moveEntry(all, systemd.scheduler, { before, after: before });
      const was = picture(systemd, cron);
      systemd.behave(manner);
      await expect(moveEntry(all, cron.scheduler, entries)).rejects.toMatchObject({ kind: 'environment' });
      expect(picture(systemd, cron)).toEqual(was);
    },
  );

  it('can be undone when a later step of the installation fails', async () => {
    const { all, systemd, cron } = openBoth();
    await moveEntry(all, cron.scheduler, { before, after: before });
    const was = picture(systemd, cron);
    const undo = await moveEntry(all, systemd.scheduler, entries);
    expect(picture(systemd, cron)).not.toEqual(was);
    await undo();
    expect(picture(systemd, cron)).toEqual(was);
  });

  it('tries again when launchd has not let go of the agent yet', async () => {
    const launchd = fakeLaunchd();
    worlds.push(launchd);
    launchd.behave('draining-once');
    expect(await launchd.scheduler.install(before)).toEqual({ kind: 'installed' });
    expect(await launchd.scheduler.state(before)).toMatchObject({ kind: 'present' });
  });
});
