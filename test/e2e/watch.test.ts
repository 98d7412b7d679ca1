import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, type Home, until } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs, needsThat } from '../support/needs.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import { startWatching, type Watching } from '../support/watching.js';
import type { World } from '../support/world.js';

/** Runs a line of shell at the hub whenever a push has come in. */
function onPush(vcs: VcsHarness, { hub }: World<Desk>, line: string): void {
  if (vcs.name === 'hg') {
    writeFileSync(join(hub, '.hg/hgrc'), `[hooks]\nchangegroup.test = ${line}\n`);
    return;
  }
  writeFileSync(join(hub, 'hooks/post-receive'), `#!/bin/sh\n${line}\n`);
  chmodSync(join(hub, 'hooks/post-receive'), 0o755);
}

/** No slot of it comes while the tests are at work: a run by the schedule would be one more than they count. */
const IN_HALF_A_YEAR = `0 0 1 ${((new Date().getUTCMonth() + 6) % 12) + 1} *`;

const SETTLE_MS = 1_000;

/** Tells whether a limit of the number of watches can be set for our own processes alone. */
const LIMITED = ['unshare', '--user', '--map-root-user', 'sh', '-c'];
const hasOwnLimits = (): boolean =>
  spawnSync(LIMITED[0] ?? '', [...LIMITED.slice(1), 'echo 99 >/proc/sys/user/max_inotify_watches']).status === 0;

describe.each(HARNESSES.filter(({ name }) => needs(name)))('watch, with $name', (vcs) => {
  let world: World<Desk>;
  let home: Home;
  let machine: Desk;
  let other: Desk;
  let watching: Watching | undefined;

  beforeAll(() => {
    world = vcs.createWorld('my laptop', 'other');
    home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    const [first, second] = world.machines;
    if (first === undefined || second === undefined) throw new Error('no machines');
    [machine, other] = [first, second];
    vcs.ignore(machine, 'build');
    home.autosync('install', machine.top, '--scheduler', 'none', '--no-hooks', '--schedule', IN_HALF_A_YEAR);
    home.autosync('config', machine.top, 'settle', `${SETTLE_MS / 1000}s`);
  });

  afterAll(async () => {
    watching?.signal('SIGKILL');
    world.remove();
  });

  /** Does something, and returns the reports of the runs that follow, until one has this name among its changes. */
  async function runsAfter(name: string, deed: () => void): Promise<ReturnType<Watching['reports']>> {
    const open = watching;
    if (open === undefined) throw new Error('nobody watches');
    const before = open.reports().length;
    deed();
    await until(`a run that takes ${name}`, () => JSON.stringify(open.reports().slice(before)).includes(name));
    return open.reports().slice(before);
  }

  it('takes what was saved before it began, in a first run', async () => {
    machine.write('before.md', 'x\n');
    watching = await startWatching(home, [machine.top]);
    const open = watching;
    await until('the first run', () => open.reports().length > 0);
    expect(open.reports()[0]).toMatchObject({
      schema: 1,
      repos: [{ path: machine.top, verdict: 'synced', commit: { kind: 'committed' }, push: { kind: 'pushed' } }],
    });
  });

  it('makes one run of a burst of thousands of files in new folders', async () => {
    const names = Array.from({ length: 1500 }, (_, at) => `new ${at % 30}/file ${at}.md`);
    let longestPauseMs = 0;
    const runs = await runsAfter('file 1499.md', () => {
      let last = performance.now();
      for (const name of names) {
        machine.write(name, 'x\n');
        const now = performance.now();
        longestPauseMs = Math.max(longestPauseMs, now - last);
        last = now;
      }
    });
    // A machine that stood still in the middle, for as long as ends a burst, has made several of it.
    if (longestPauseMs < SETTLE_MS / 2) {
      expect(runs).toHaveLength(1);
      expect(runs[0].repos[0]).toMatchObject({ push: { commits: 1 } });
    }
    expect(runs.at(-1).repos[0]).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(machine.committed()).toEqual(expect.arrayContaining(names));
  });

  it('sees a save in a folder that is new since it began, by rename as editors do it', async () => {
    const runs = await runsAfter('"type":"modified","path":"new 7/file 7.md"', () => {
      writeFileSync(join(machine.top, 'new 7/.file 7.md.swp'), 'edited\n');
      renameSync(join(machine.top, 'new 7/.file 7.md.swp'), join(machine.top, 'new 7/file 7.md'));
    });
    expect(runs).toHaveLength(1);
    expect(runs[0].repos[0].commit.changes).toHaveLength(1);
  });

  it('makes no run for files that the repository ignores', async () => {
    const runs = await runsAfter('wanted.md', () => {
      machine.write('build/object.o', 'x');
      machine.write('wanted.md', 'x\n');
      machine.write('build/object.o', 'y');
    });
    const after = await runsAfter('wanted-too.md', () => {
      machine.write('build/deep/object.o', 'x');
      machine.write('wanted-too.md', 'x\n');
    });
    expect([...runs, ...after].map(({ repos }) => repos[0].commit.kind)).toEqual(['committed', 'committed']);
  });

  it('outlives settings that are wrong for a while, and takes all when they are right', async () => {
    const repos = join(home.folder, '.config/autosync/repos');
    const file = join(repos, readdirSync(repos)[0] ?? '');
    const before = readFileSync(file);
    writeFileSync(file, 'path = ');
    const runs = await runsAfter('"verdict":"failed"', () => machine.write('while-wrong.md', 'x\n'));
    writeFileSync(file, before);
    expect(runs.at(-1).repos[0].why).toContain(file);
    await runsAfter('"path":"when-right.md"', () => machine.write('when-right.md', 'x\n'));
    expect(machine.committed()).toEqual(expect.arrayContaining(['while-wrong.md', 'when-right.md']));
  });

  it('takes what is saved during a run', async () => {
    onPush(vcs, world, `test -e '${machine.top}/during.md' || echo x >'${machine.top}/during.md'`);
    const runs = await runsAfter('"path":"during.md"', () => machine.write('cause.md', 'x\n'));
    expect(runs.at(-1).repos[0]).toMatchObject({ verdict: 'synced' });
    expect(machine.head()).toBe(world.hubHead());
    onPush(vcs, world, 'true');
  });

  it('brings in the work of other machines when a slot of the schedule has passed', async () => {
    other.write('from-other.md', 'x\n');
    await other.run();
    const [repo] = JSON.parse(home.autosync('status', '--json').out).repos;
    expect(repo.verdict).toBe('synced');
    // As if the last run had been more than a year ago.
    const states = join(home.folder, '.local/state/autosync');
    const file = execFileSync('grep', ['-rl', 'lastRunAt', states], { encoding: 'utf8' }).split('\n')[0] ?? '';
    const text = readFileSync(file, 'utf8');
    const longAgo = (digits: string): string => String(Number(digits) - 400 * 86_400_000);
    expect(text).toMatch(/"lastRunAt":\s*\d+/);
    watching?.signal('SIGINT');
    expect(await watching?.ended()).toBe(0);
    writeFileSync(
      file,
      text.replace(/("lastRunAt":\s*)(\d+)/, (_, name, digits) => `${name}${longAgo(digits)}`),
    );
    watching = await startWatching(home, [machine.top]);
    await until("the other's work", () => machine.has('from-other.md'));
    expect(machine.read('from-other.md')).toBe('x\n');
  });

  it('ends after the run under way, with nothing left, when it is asked to', async () => {
    const open = watching;
    if (open === undefined) throw new Error('nobody watches');
    const marker = join(world.folder, 'push-has-begun');
    onPush(vcs, world, `touch '${marker}' && sleep 2`);
    machine.write('last.md', 'x\n');
    await until('a push', () => spawnSync('test', ['-e', marker]).status === 0);
    open.signal('SIGTERM');
    expect(await open.ended()).toBe(0);
    expect(open.reports().at(-1).repos[0]).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(machine.status()).toBe('');
    const running = (): string => spawnSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).stdout;
    // What it had started ends a moment after it.
    await expect.poll(running, { timeout: 60_000 }).not.toContain(machine.top);
    onPush(vcs, world, 'true');
  });

  it('says in clear words that its folder was renamed, and what to do', async () => {
    watching = await startWatching(home, [machine.top]);
    renameSync(machine.top, `${machine.top} elsewhere`);
    await watching.said('is gone');
    expect(watching.err()).toContain('autosync install <its new path>');
    watching.signal('SIGINT');
    expect(await watching.ended()).toBe(0);
    renameSync(`${machine.top} elsewhere`, machine.top);
  });

  describe.skipIf(!needsThat('a user namespace with limits of its own', hasOwnLimits))(
    'at the limit of watches',
    () => {
      it.each(['max_inotify_watches', 'max_inotify_instances'])(
        'says what mends %s, and looks instead',
        async (limit) => {
          const through = [...LIMITED, `echo 0 >/proc/sys/user/${limit}; exec "$@"`, 'sh'];
          machine.write(`${limit}.md`, 'x\n');
          const limited = await startWatching(home, [machine.top], { through, words: 'looked at every' });
          expect(limited.err()).toContain('sudo sysctl fs.inotify.max_user_watches');
          expect(limited.err()).toContain('looked at every 30 seconds');
          await until('a run all the same', () => limited.reports().length > 0);
          expect(limited.reports()[0].repos[0]).toMatchObject({ commit: { kind: 'committed' } });
          limited.signal('SIGINT');
          expect(await limited.ended()).toBe(0);
        },
      );
    },
  );

  it('stops watching a repository that is uninstalled, and ends when it was the last', async () => {
    watching = await startWatching(home, ['--all']);
    const open = watching;
    await until('the first run', () => open.reports().length > 0);
    home.autosync('uninstall', machine.top);
    machine.write('unwanted.md', 'x\n');
    expect(await open.ended()).toBe(0);
    expect(open.err()).toContain('was uninstalled');
    expect(machine.status()).toContain('unwanted.md');
    rmSync(join(machine.top, 'unwanted.md'));
  });
});
