import { describe, expect, it } from 'vitest';
import { AutosyncError } from '../../../src/model/errors.js';
import { chooseScheduler, schedulers } from '../../../src/scheduler/index.js';
import type { Availability, Scheduler } from '../../../src/scheduler/scheduler.js';
import { locations } from '../../../src/store/locations.js';

function known(answer: Availability): readonly Scheduler[] {
  return schedulers(locations(), 'aix').map((scheduler) => ({
    ...scheduler,
    availability: () => Promise.resolve(answer),
  }));
}
const working = known({ kind: 'available' });
const broken = known({ kind: 'unavailable', why: 'no cron daemon is running', mend: 'start cron' });

describe('the choice of a scheduler', () => {
  it('is the first that works, or the one that was named', async () => {
    expect(await chooseScheduler('auto', working)).toEqual({ kind: 'chosen', scheduler: working[0] });
    expect(await chooseScheduler('cron', working)).toEqual({ kind: 'chosen', scheduler: working[0] });
  });

  it('is none, with every reason, when none works', async () => {
    expect(await chooseScheduler('auto', broken)).toEqual({
      kind: 'none',
      why: 'cron: no cron daemon is running',
      mends: ['start cron'],
    });
  });

  it('is none when none is wanted, without looking', async () => {
    const untouchable = working.map((scheduler) => ({ ...scheduler, availability: () => Promise.reject(new Error()) }));
    expect(await chooseScheduler('none', untouchable)).toEqual({ kind: 'none', why: 'none was wanted', mends: [] });
  });

  it('fails in words when the one that was named does not work', async () => {
    const choice = chooseScheduler('cron', broken);
    await expect(choice).rejects.toBeInstanceOf(AutosyncError);
    await expect(choice).rejects.toMatchObject({
      kind: 'environment',
      message: "scheduler 'cron' cannot be used (cron: no cron daemon is running)",
    });
  });

  it.each<[NodeJS.Platform, readonly string[]]>([
    ['linux', ['systemd', 'cron']],
    ['darwin', ['launchd', 'cron']],
    ['win32', ['schtasks']],
    ['freebsd', ['cron']],
  ])('on %s is one of %j', async (platform, kinds) => {
    const all = schedulers(locations(), platform);
    expect(all.map(({ kind }) => kind)).toEqual(kinds);
    const foreign = platform === 'win32' ? 'cron' : 'schtasks';
    await expect(chooseScheduler(foreign, all)).rejects.toThrow(/this operating system has none of that name/);
  });
});
