import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployProgram, until } from '../support/cli.js';
import { type CronDaemon, startCron } from '../support/cron-daemon.js';
import { type Firing, firingsIn, noteFirings } from '../support/firings.js';
import { freePort } from '../support/free-port.js';
import { startHgServe } from '../support/hg-servers.js';
import { hg } from '../support/hg-world.js';
import { contentsOf } from '../support/hook-world.js';
import { needs } from '../support/needs.js';
import {
  NOTIFICATION_PROGRAMS,
  type NotificationServer,
  startNotificationServer,
} from '../support/notification-server.js';
import { readFlatFolder } from '../support/read-folder.js';
import { removeFolder } from '../support/remove-folder.js';
import { type ThrowAwayUser, throwAwayUser } from '../support/throw-away-user.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import { git } from '../support/world.js';

const PROGRAMS = ['cron', 'crontab', 'faketime', 'useradd as root', ...NOTIFICATION_PROGRAMS];

const SYSTEMS = HARNESSES.filter(({ name }) => [...PROGRAMS, name].every(needs));

/** What a user has in his crontab before autosync comes. */
const OWN_CRONTAB = '# my own\nMAILTO=""\nPATH=/usr/bin:/bin\n17 4 * * 0 true # 50\\% done\n';

/** One machine: a user of this machine with a home, a crontab and a desktop session of his own. */
type Machine = {
  readonly user: ThrowAwayUser;
  readonly home: string;
  readonly notes: string;
  readonly vcs: VcsHarness['name'];
  readonly hooksBefore: readonly string[];
  readonly bus: NotificationServer;
  readonly as: (program: string, ...args: readonly string[]) => string;
};

/** Real cron, real users, a hub behind a real server: after `install` nothing is run by hand. */
describe.each(SYSTEMS)('two machines under cron, with $name', (vcs) => {
  let folder: string;
  let program: string;
  let hub: Hub;
  let cron: CronDaemon;
  let laptop: Machine;
  let desktop: Machine;

  beforeAll(async () => {
    // Another user may not enter the folder that the tests' temporary files live in.
    folder = mkdtempSync('/tmp/as-cron-');
    chmodSync(folder, 0o755);
    program = deployProgram(join(folder, 'app'));
    hub = await startHub(vcs, folder);
    cron = await startCron();
    laptop = await createMachine('laptop', { vcs, folder, hub });
    desktop = await createMachine('desktop', { vcs, folder, hub });
    for (const machine of [laptop, desktop]) {
      machine.as('node', program, 'install', machine.notes, '--every', '1s', '--scheduler', 'cron');
    }
  });

  afterAll(async () => {
    await cron?.stop();
    hub?.stop();
    for (const machine of [laptop, desktop]) {
      await machine?.bus.stop();
      machine?.user.remove();
    }
    removeFolder(folder);
  });

  it('a file written in one appears in the other, in a commit that says so', async () => {
    write(laptop, 'from-laptop.md', 'one\ntwo\nthree\nfour\n');
    await until('the file is on the desktop', () => existsSync(join(desktop.notes, 'from-laptop.md')));
    expect(hub.subject()).toBe('Added from-laptop.md');
  });

  it('a rename travels back as a rename', async () => {
    renameSync(join(desktop.notes, 'from-laptop.md'), join(desktop.notes, 'renamed.md'));
    await until('the new name is on the laptop', () => existsSync(join(laptop.notes, 'renamed.md')));
    expect(hub.subject()).toBe('Renamed from-laptop.md to renamed.md');
    await until('the old name is gone there', () => !existsSync(join(laptop.notes, 'from-laptop.md')));
  });

  it('the same line edited on both is kept in both versions, and one notification says so', async () => {
    write(laptop, 'renamed.md', 'LAPTOP\ntwo\nthree\nfour\n');
    write(desktop, 'renamed.md', 'DESKTOP\ntwo\nthree\nfour\n');
    const tokens = (machine: Machine): string =>
      [...files(machine).values()]
        .map((text) => /LAPTOP|DESKTOP/.exec(text)?.[0] ?? '')
        .sort()
        .join('');
    const isSettled = (): boolean => [laptop, desktop].every((machine) => tokens(machine) === 'DESKTOPLAPTOP');
    await until('both machines have both versions', isSettled);
    expect(files(laptop)).toEqual(files(desktop));
    expect([...files(laptop).values()].join('')).not.toMatch(/<<<<<<<|>>>>>>>/);
    const copy = [...files(laptop).keys()].find((name) => name.includes('(conflict')) ?? '';
    // The one whose push came second had the conflict, and is told of it.
    const [told, other] = copy.includes('(conflict laptop ') ? [laptop, desktop] : [desktop, laptop];
    expect(copy).toMatch(/^renamed \(conflict (laptop|desktop) \d{4}-\d\d-\d\d [0-9a-f]{7}\)\.md$/);
    await until('its person is told', () => told.bus.received().length > 0);
    expect([told.bus.received().length, other.bus.received().length]).toEqual([1, 0]);
    const [message] = told.bus.received();
    expect(message).toMatchObject({
      title: expect.stringContaining('renamed.md'),
      body: expect.stringContaining(copy),
    });
  });

  it('ten changes, on both sides at once, are on both with nothing run by hand', async () => {
    for (const change of [1, 3, 5, 7, 9]) {
      write(laptop, `change-${change}.md`, `change ${change}\n`);
      write(desktop, `change-${change + 1}.md`, `change ${change + 1}\n`);
      const isThere = (): boolean =>
        files(desktop).has(`change-${change}.md`) && files(laptop).has(`change-${change + 1}.md`);
      await until(`changes ${change} and ${change + 1} are there`, isThere);
    }
    expect(files(laptop)).toEqual(files(desktop));
    const firings = (): readonly Firing[] =>
      [laptop, desktop].flatMap((machine) =>
        firingsIn(machine.as('node', program, 'log', '-n', '1000', '--json'), basename(machine.home)),
      );
    const committed = (): readonly string[] =>
      firings().flatMap(({ commit }) => (/^Added change-\d+\.md$/.test(commit) ? [commit] : []));
    // What a run has sent may be on the other machine before the run has ended and stands in the log.
    await until('every run is in the log', () => new Set(committed()).size === 10);
    noteFirings(`cron, ${vcs.name}`, firings());
    expect(new Set(committed()).size).toBe(10);
  });

  it('uninstall leaves crontab, hooks and home byte for byte as they were', () => {
    for (const machine of [laptop, desktop]) {
      expect(machine.as('crontab', '-l')).toContain('snapshot --due');
      machine.as('node', program, 'uninstall', '--all', '--purge');
      expect(execFileSync('crontab', ['-u', machine.user.name, '-l'], { encoding: 'utf8' })).toBe(OWN_CRONTAB);
      expect(hooksOf(machine)).toEqual(machine.hooksBefore);
      expect(existsSync(join(machine.home, '.local', 'share', 'autosync'))).toBe(false);
    }
  });
});

/** The hub that both machines share. */
type Hub = {
  readonly url: string;
  /** The first line of its newest commit's message. */
  readonly subject: () => string;
  readonly stop: () => void;
};

async function startHub({ name, createHub }: VcsHarness, folder: string): Promise<Hub> {
  mkdirSync(join(folder, 'hub'));
  const path = join(folder, 'hub', 'notes');
  createHub(path);
  return name === 'git' ? await startGitHub(path) : await startHgHub(path);
}

async function startGitHub(path: string): Promise<Hub> {
  const port = await freePort();
  const args = [
    'daemon',
    '--reuseaddr',
    '--listen=127.0.0.1',
    `--port=${port}`,
    '--export-all',
    '--enable=receive-pack',
  ];
  const daemon = spawn('git', [...args, `--base-path=${dirname(path)}`], { stdio: 'ignore' });
  const url = `git://127.0.0.1:${port}/notes`;
  await until('the hub answers', () => spawnSync('git', ['ls-remote', url]).status === 0);
  return { url, subject: () => git(path, 'log', '-1', '--format=%s', 'main'), stop: () => void daemon.kill() };
}

async function startHgHub(path: string): Promise<Hub> {
  const { port, stop } = await startHgServe(path);
  const subject = (): string => hg(path, 'log', '-r', 'tip', '-T', '{desc|firstline}');
  return { url: `http://127.0.0.1:${port}/`, subject, stop };
}

/** Where a machine stands. */
type Place = { readonly vcs: VcsHarness; readonly folder: string; readonly hub: Hub };

async function createMachine(name: string, { vcs, folder, hub }: Place): Promise<Machine> {
  const home = join(folder, name);
  const user = throwAwayUser(home);
  mkdirSync(join(home, '.config', 'autosync'), { recursive: true });
  writeFileSync(join(home, '.config', 'autosync', 'config.toml'), `machine = "${name}"\n`);
  writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Test\n\temail = test@example.invalid\n');
  writeFileSync(join(home, '.hgrc'), '[ui]\nusername = Test <test@example.invalid>\n');
  execFileSync('chown', ['-R', user.name, home]);
  const env = ['env', '-i', `HOME=${home}`, `LOGNAME=${user.name}`, `PATH=${process.env['PATH'] ?? ''}`];
  const as: Machine['as'] = (called, ...args) =>
    execFileSync('setpriv', ['--reuid', user.name, '--regid', user.name, '--clear-groups', ...env, called, ...args], {
      cwd: home,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const notes = join(home, 'notes');
  as(vcs.name, 'clone', '-q', hub.url, notes);
  execFileSync('crontab', ['-u', user.name, '-'], { input: OWN_CRONTAB });
  const [uid, gid] = [Number(as('id', '-u')), Number(as('id', '-g'))];
  const bus = await startNotificationServer({ owner: { uid, gid }, socketPath: `/run/user/${uid}/bus` });
  const hooksBefore = hooksOf({ notes, vcs: vcs.name });
  return { user, home, notes, vcs: vcs.name, bus, as, hooksBefore };
}

/** What a working tree has of hooks, byte for byte. */
const hooksOf = ({ notes, vcs }: Pick<Machine, 'notes' | 'vcs'>): readonly string[] =>
  vcs === 'git' ? contentsOf(join(notes, '.git', 'hooks')) : [readFileSync(join(notes, '.hg', 'hgrc'), 'utf8')];

function write({ user, notes }: Machine, path: string, text: string): void {
  const file = join(notes, path);
  const isNew = !existsSync(file);
  writeFileSync(file, text);
  // A file that is his already stays his: two saves that are to meet follow each other at once.
  if (isNew) execFileSync('chown', [user.name, file]);
}

const files = ({ notes }: Machine): ReadonlyMap<string, string> => readFlatFolder(notes);
