import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROGRAM, until } from '../support/cli.js';
import { type Firing, firingsIn, noteFirings } from '../support/firings.js';
import { needs } from '../support/needs.js';
import { listenOn, NOTIFICATION_PROGRAMS, type ReceivedNotification } from '../support/notification-server.js';
import { readFlatFolder, readFolder } from '../support/read-folder.js';
import { removeFolder } from '../support/remove-folder.js';
import { startUserManager, type UserManager } from '../support/user-manager.js';

/** One machine: a home, and a systemd of the person's own in it. */
type Machine = {
  readonly notes: string;
  readonly config: string;
  readonly manager: UserManager;
  readonly autosync: (...args: readonly string[]) => string;
};

let folder: string;
let hub: string;
let laptop: Machine;
let desktop: Machine;

/** Two real managers, which know nothing but the units that `install` has written: after it, nothing is run by hand. */
describe.skipIf(!needs('systemd --user'))('two machines under systemd', () => {
  beforeAll(() => {
    folder = mkdtempSync('/tmp/as-sd-');
    hub = join(folder, 'hub.git');
    execFileSync('git', ['init', '-q', '--bare', '-b', 'main', hub]);
    laptop = createMachine('laptop');
    desktop = createMachine('desktop');
  });

  afterAll(() => {
    for (const machine of [laptop, desktop]) machine?.manager.stop();
    removeFolder(folder);
  });

  it('install makes the first run through systemd itself', () => {
    for (const machine of [laptop, desktop]) {
      const said = JSON.parse(machine.autosync('install', machine.notes, '--every', '1s', '--no-hooks', '--json'));
      expect(said).toMatchObject({ scheduler: { kind: 'systemd' }, repos: [{ firstRun: { verdict: 'synced' } }] });
      const service = machine.manager.systemctl('show', 'autosync.service', '--property=ExecMainStatus,InvocationID');
      expect(service).toMatch(/ExecMainStatus=0\n/);
      expect(service).toMatch(/InvocationID=[0-9a-f]{32}/);
    }
  });

  it('installing again calls nothing that changes anything, and changes no byte', () => {
    const loadedAt = laptop.manager.loadedAt();
    const before = readFolder(laptop.config);
    laptop.autosync('install', laptop.notes, '--no-hooks');
    expect([laptop.manager.loadedAt(), String(readFolder(laptop.config))]).toEqual([loadedAt, String(before)]);
  });

  it('a file written in one appears in the other at the next minute', async () => {
    writeFileSync(join(laptop.notes, 'from-laptop.md'), 'one\ntwo\nthree\n');
    await until('the file is on the desktop', () => existsSync(join(desktop.notes, 'from-laptop.md')), 480_000);
    expect(hubSubject()).toBe('Added from-laptop.md');
  });

  it('edits, renames and removals go both ways until all is equal', async () => {
    // A person may shorten the period beside our file; what follows takes seconds then, and not minutes.
    for (const machine of [laptop, desktop]) hurry(machine);
    writeFileSync(join(desktop.notes, 'from-desktop.md'), 'four\n');
    renameSync(join(desktop.notes, 'from-laptop.md'), join(desktop.notes, 'renamed.md'));
    await until('both are on the laptop', () => has(laptop, 'from-desktop.md') && has(laptop, 'renamed.md'));
    rmSync(join(laptop.notes, 'from-desktop.md'));
    writeFileSync(join(laptop.notes, 'renamed.md'), 'ONE\ntwo\nthree\n');
    await until('both are on the desktop', () => !has(desktop, 'from-desktop.md') && text(desktop).includes('ONE'));
    await until('both are equal', () => text(laptop) === text(desktop));
    expect(text(laptop)).toBe('renamed.md=ONE\ntwo\nthree\n');
    for (const { autosync } of [laptop, desktop]) {
      await until(
        'the verdict is synced',
        () => JSON.parse(autosync('status', '--json')).repos[0].verdict === 'synced',
      );
    }
  });

  it('ten changes, on both sides at once, are on both with nothing run by hand', async () => {
    for (const change of [1, 3, 5, 7, 9]) {
      writeFileSync(join(laptop.notes, `change-${change}.md`), `change ${change}\n`);
      writeFileSync(join(desktop.notes, `change-${change + 1}.md`), `change ${change + 1}\n`);
      const isThere = (): boolean => has(desktop, `change-${change}.md`) && has(laptop, `change-${change + 1}.md`);
      await until(`changes ${change} and ${change + 1} are there`, isThere);
    }
    expect(text(laptop)).toBe(text(desktop));
    const firings = (): readonly Firing[] =>
      [laptop, desktop].flatMap(({ notes, autosync }) =>
        firingsIn(autosync('log', '-n', '1000', '--json'), basename(dirname(notes))),
      );
    const committed = (): readonly string[] =>
      firings().flatMap(({ commit }) => (/^Added change-\d+\.md$/.test(commit) ? [commit] : []));
    // What a run has sent may be on the other machine before the run has ended and stands in the log.
    await until('every run is in the log', () => new Set(committed()).size === 10);
    noteFirings('systemd --user', firings());
    expect(new Set(committed()).size).toBe(10);
  });

  it.skipIf(!NOTIFICATION_PROGRAMS.every(needs))(
    'a conflict that a run of the timer meets is shown on the desktop',
    async () => {
      const desktops = await Promise.all(
        [laptop, desktop].map(({ manager }) => listenOn(manager.env['DBUS_SESSION_BUS_ADDRESS'] ?? '')),
      );
      try {
        for (const { config } of [laptop, desktop]) setNotify(config, true);
        writeFileSync(join(laptop.notes, 'renamed.md'), 'LAPTOP\n');
        writeFileSync(join(desktop.notes, 'renamed.md'), 'DESKTOP\n');
        const received = (): readonly ReceivedNotification[] => desktops.flatMap((one) => one.received());
        await until('somebody is told', () => received().length > 0);
        expect(received()).toMatchObject([
          { app: 'autosync', title: expect.stringContaining('conflict in renamed.md') },
        ]);
      } finally {
        for (const { config } of [laptop, desktop]) setNotify(config, false);
        for (const one of desktops) await one.stop();
      }
    },
  );

  it('switching to another scheduler takes the timer away', () => {
    laptop.autosync('install', laptop.notes, '--scheduler', 'none');
    expect(readdirSync(join(laptop.config, 'systemd', 'user')).sort()).toEqual(['autosync.timer.d']);
    expect(laptop.manager.systemctl('is-active', 'autosync.timer')).toBe('inactive\n');
    expect(JSON.parse(laptop.autosync('status', '--json')).scheduler).toBeNull();
  });

  it('uninstall leaves no unit, no link and no stamp', () => {
    rmSync(join(desktop.config, 'systemd', 'user', 'autosync.timer.d'), { recursive: true });
    desktop.autosync('uninstall', '--all', '--purge');
    expect(existsSync(join(desktop.config, 'systemd'))).toBe(false);
    expect(readdirSync(join(desktop.config, '..', '.local', 'share', 'systemd', 'timers'))).toEqual([]);
    expect(desktop.manager.systemctl('list-timers', '--all')).toMatch(/^0 timers listed/m);
  });
});

function createMachine(name: string): Machine {
  const home = join(folder, name);
  const config = join(home, '.config');
  mkdirSync(join(config, 'autosync'), { recursive: true });
  setNotify(config, false);
  writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Test\n\temail = test@example.invalid\n');
  const notes = join(home, 'notes');
  execFileSync('git', ['clone', '-q', hub, notes], { stdio: 'ignore' });
  const manager = startUserManager({ home, runtime: join(folder, `run-${name}`) });
  const env = { ...manager.env, PATH: `${withoutCrontab()}:${process.env['PATH']}` };
  const autosync: Machine['autosync'] = (...args) => {
    const ended = spawnSync(process.execPath, [PROGRAM, ...args], {
      cwd: home,
      env,
      encoding: 'utf8',
      timeout: 120_000,
    });
    if (ended.status === 0) return ended.stdout;
    throw new Error(`autosync ${args.join(' ')}: ${ended.status}\n${ended.stdout}${ended.stderr}`);
  };
  return { notes, config, manager, autosync };
}

/** Writes a machine's settings: it is named as the folder around them. */
function setNotify(config: string, notify: boolean): void {
  const name = basename(dirname(config));
  const file = join(config, 'autosync', 'config.toml');
  // A run that is just beginning finds the one or the other, and no half of either.
  writeFileSync(`${file}.new`, `machine = "${name}"\nnotify = ${notify}\n`);
  renameSync(`${file}.new`, file);
}

/** Makes a folder whose `crontab` refuses: the one crontab of whoever runs the tests is not for them. */
function withoutCrontab(): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'crontab'), '#!/bin/sh\necho refused >&2\nexit 1\n', { mode: 0o755 });
  return bin;
}

/** Has a machine's timer come every three seconds. */
function hurry({ config, manager }: Machine): void {
  const dropIn = join(config, 'systemd', 'user', 'autosync.timer.d');
  mkdirSync(dropIn, { recursive: true });
  writeFileSync(join(dropIn, 'hurry.conf'), '[Timer]\nOnCalendar=*:*:00/3\n');
  manager.systemctl('daemon-reload');
  manager.systemctl('restart', 'autosync.timer');
}

const has = ({ notes }: Machine, name: string): boolean => existsSync(join(notes, name));

const text = ({ notes }: Machine): string =>
  [...readFlatFolder(notes)].map(([name, content]) => `${name}=${content}`).join('');

const hubSubject = (): string =>
  execFileSync('git', ['-C', hub, 'log', '-1', '--format=%s', 'main'], { encoding: 'utf8' }).trim();
