import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { asAbsolute } from '../../../src/model/paths.js';
import type { ScheduleSlot } from '../../../src/model/schedule.js';
import type { SchedulerEntry } from '../../../src/scheduler/scheduler.js';
import { createSystemd } from '../../../src/scheduler/systemd.js';
import { calendarExpression, renderUnits } from '../../../src/scheduler/systemd-units.js';
import { needs } from '../../support/needs.js';
import type { FakeWorld } from '../../support/scheduler-world.js';
import { fakeSystemd } from '../../support/unit-folders.js';

const slot: ScheduleSlot = { schedule: { kind: 'every', seconds: 900 }, offsetSeconds: 400 };

let world: FakeWorld;
beforeEach(() => {
  world = fakeSystemd();
  return () => world.remove();
});

const entry = (): SchedulerEntry => ({
  launcher: asAbsolute(join(world.home, '.local', 'share', 'autosync', 'run')),
  home: asAbsolute(world.home),
  slots: [slot],
  second: 23,
});

const unit = (name: string): string => join(world.home, '.config', 'systemd', 'user', name);

function rendered(launcher: string): readonly { readonly name: string; readonly text: string }[] {
  const request = { folder: asAbsolute('/u'), launcher: asAbsolute(launcher), minutes: [7, 22, 37, 52], second: 23 };
  return renderUnits(request).map(({ path, content }) => ({ name: basename(path), text: String(content) }));
}

describe('the units', () => {
  it('are those of the golden files', async () => {
    for (const { name, text } of rendered('/home/ada/.local/share/autosync/run')) {
      await expect(text).toMatchFileSnapshot(`golden/${name}`);
    }
  });

  it.skipIf(!needs('systemd-analyze'))('are valid to systemd, whatever the launcher is called', () => {
    const folder = mkdtempSync(join(tmpdir(), 'units-'));
    for (const launcher of ['/bin/run', `/a b/it's/"quoted"/$HOME/%h/back\\slash/\`id\`/run`]) {
      const files = rendered(launcher).map(({ name, text }) => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      });
      const env = { ...process.env, XDG_RUNTIME_DIR: folder };
      const checked = spawnSync('systemd-analyze', ['--user', 'verify', ...files], { encoding: 'utf8', env });
      expect([checked.status, checked.stderr.replaceAll(/^.*(runtime|cgroup).*\n/gim, '')]).toEqual([0, '']);
    }
  });

  it('cannot name a launcher with a newline or bytes that are not UTF-8', () => {
    for (const launcher of ['/a\nb/run', '/caf\udce9/run']) {
      expect(() => rendered(launcher)).toThrow(/systemd cannot call/);
    }
  });
});

/** Asks systemd itself for the next times of an expression, as `HH:MM:SS`. */
function timesOf(expression: string, count: number): readonly string[] {
  const args = ['calendar', `--iterations=${count}`, '--base-time=2026-06-01 00:00:00 UTC', expression];
  const said = execFileSync('systemd-analyze', args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], TZ: 'UTC' },
  });
  return [...said.matchAll(/(\d\d:\d\d:\d\d) UTC/g)].map(([, time = '']) => time);
}

describe('the calendar', () => {
  it('is every minute where all are wanted', () => {
    const all = Array.from({ length: 60 }, (_, minute) => minute);
    expect(calendarExpression(all, 5)).toBe('*-*-* *:*:05');
  });

  it.skipIf(!needs('systemd-analyze'))('means to systemd the minutes and the second that are wanted', () => {
    const minutes = fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(minutes, fc.integer({ min: 1, max: 59 }), (set, second) => {
        const sorted = [...set].sort((a, b) => a - b);
        const two = (value: number): string => String(value).padStart(2, '0');
        const hours = ['00', '01'].flatMap((hour) => sorted.map((minute) => `${hour}:${two(minute)}:${two(second)}`));
        expect(timesOf(calendarExpression(sorted, second), hours.length)).toEqual(hours);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the systemd scheduler', () => {
  it('leaves a unit of that name alone that somebody else has written, or masked', async () => {
    for (const make of [
      (path: string): void => writeFileSync(path, '[Unit]\n'),
      (path: string): void => symlinkSync('/dev/null', path),
    ]) {
      mkdirSync(dirname(unit('x')), { recursive: true });
      make(unit('autosync.timer'));
      const before = world.read();
      await expect(world.scheduler.install(entry())).rejects.toThrow(/was not written by autosync/);
      await world.scheduler.uninstall();
      expect([world.read(), world.changes()]).toEqual([before, 0]);
      world.remove();
      world = fakeSystemd();
    }
  });

  it('is put right when somebody has edited a unit or stopped the timer', async () => {
    await world.scheduler.install(entry());
    const installed = world.read();
    writeFileSync(unit('autosync.timer'), readFileSync(unit('autosync.timer'), 'utf8').replace('07', '08'));
    expect(await world.scheduler.state(entry())).toMatchObject({ kind: 'different' });
    expect(await world.scheduler.install(entry())).toEqual({ kind: 'updated' });
    expect(world.read()).toEqual(installed);
    execFileSync(join(world.home, '..', 'systemctl'), ['--user', '--no-pager', 'stop', 'autosync.timer']);
    expect(await world.scheduler.state(entry())).toMatchObject({
      detail: "'autosync.timer' is there, but not started",
    });
    expect(await world.scheduler.install(entry())).toEqual({ kind: 'updated' });
    expect(await world.scheduler.state(entry())).toEqual({
      kind: 'present',
      detail: 'autosync.timer at *-*-* *:07,22,37,52:23',
    });
  });

  it('forgets when the timer last ran, so that another one does not make up for it', async () => {
    const stamp = join(world.home, '.local', 'share', 'systemd', 'timers', 'stamp-autosync.timer');
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, '');
    await world.scheduler.install(entry());
    await world.scheduler.uninstall();
    expect(existsSync(stamp)).toBe(false);
  });

  it('cannot be used without systemctl, without a manager, or on another system', async () => {
    const why = async (change: Parameters<typeof fakeSystemd>[0]): Promise<unknown> => {
      const other = fakeSystemd(change);
      other.behave('unreadable');
      const answer = await other.scheduler.availability();
      other.remove();
      return answer.kind === 'available' ? answer : answer.why;
    };
    expect(await why({})).toBe("systemd's user manager does not answer: Failed to connect to bus: No medium found");
    expect(await why({ findSystemctl: () => undefined })).toBe("there is no program 'systemctl' on PATH");
    expect(await why({ platform: 'darwin' })).toBe('systemd is on Linux only');
  });

  it.each([
    ['no', [{ what: expect.stringContaining('when you log out'), mend: 'loginctl enable-linger' }]],
    ['yes', []],
  ])('explains lingering when it is off, and does not switch it on (%s)', async (linger, expected) => {
    const folder = mkdtempSync(join(tmpdir(), 'bin-'));
    writeFileSync(join(folder, 'loginctl'), `#!/bin/sh\necho "$*" >>'${folder}/calls'\necho ${linger}\n`);
    chmodSync(join(folder, 'loginctl'), 0o755);
    const path = process.env['PATH'];
    process.env['PATH'] = `${folder}:${path}`;
    try {
      const { cautions } = createSystemd({ locations: { config: asAbsolute('/c'), data: asAbsolute('/d') } });
      expect(await cautions()).toEqual(expected);
      expect(readFileSync(join(folder, 'calls'), 'utf8')).toMatch(/^show-user \S+ --property=Linger --value\n$/);
    } finally {
      process.env['PATH'] = path;
    }
  });
});
