import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { asAbsolute } from '../../src/model/paths.js';
import { createSystemd, type SystemdWorld } from '../../src/scheduler/systemd.js';
import { locations } from '../../src/store/locations.js';
import { readFolder } from './read-folder.js';
import type { FakeWorld, SchedulerWorld } from './scheduler-world.js';
import { startUserManager } from './user-manager.js';

/** The part of {@link SchedulerWorld} that a folder of units is. */
const unitWorld = (units: string): Pick<SchedulerWorld, 'read' | 'write'> => ({
  read: () => readFolder(units),
  write: (content) => {
    rmSync(join(units, 'other.timer'), { force: true });
    if (content === undefined) return;
    mkdirSync(units, { recursive: true });
    writeFileSync(join(units, 'other.timer'), content);
  },
});

/** Returns a systemd scheduler whose `systemctl` is a script. */
export function fakeSystemd(change: Partial<SystemdWorld> = {}): FakeWorld {
  const folder = mkdtempSync(join(tmpdir(), 'sd-'));
  const home = join(folder, 'home');
  const [config, data] = [join(home, '.config'), join(home, '.local', 'share')];
  const units = join(config, 'systemd', 'user');
  const program = join(folder, 'systemctl');
  const calls = join(folder, 'calls');
  mkdirSync(config, { recursive: true });
  copyFileSync(new URL('fake-systemctl', import.meta.url), program);
  chmodSync(program, 0o755);
  writeFileSync(join(folder, 'units'), units);
  writeFileSync(calls, '');
  const scheduler = createSystemd({
    locations: { config: asAbsolute(join(config, 'autosync')), data: asAbsolute(join(data, 'autosync')) },
    platform: 'linux',
    findSystemctl: () => asAbsolute(program),
    ...change,
  });
  return {
    ...unitWorld(units),
    scheduler,
    home,
    state: join(home, '.local', 'state', 'autosync'),
    changes: () =>
      readFileSync(calls, 'utf8')
        .split('\n')
        .filter((call) => !/^(show|list-timers|start|$)/.test(call)).length,
    behave: (manner) => writeFileSync(join(folder, 'manner'), manner),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Returns a systemd scheduler with a real manager, which is this test process's own. */
export function realSystemd(): SchedulerWorld {
  const home = process.env['HOME'] ?? '';
  const manager = startUserManager({ home, runtime: process.env['XDG_RUNTIME_DIR'] ?? '' });
  const places = locations();
  let changes = 0;
  const { install, uninstall, ...rest } = createSystemd({ locations: places });
  const watched = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = manager.loadedAt();
    try {
      return await work();
    } finally {
      if (manager.loadedAt() !== before) changes += 1;
    }
  };
  return {
    ...unitWorld(join(dirname(places.config), 'systemd', 'user')),
    scheduler: {
      ...rest,
      install: (entry) => watched(() => install(entry)),
      uninstall: () => watched(uninstall),
    },
    home,
    state: places.state,
    changes: () => changes,
    remove: () => manager.stop(),
  };
}
