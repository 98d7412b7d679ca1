import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failedReport } from '../../src/engine/tick.js';
import { asAbsolute } from '../../src/model/paths.js';
import type { RepoReport } from '../../src/model/report.js';
import { acquireLock } from '../../src/store/lock.js';
import { ownIdentity, type ProcessIdentity } from '../../src/system/process-identity.js';
import { createHome, until } from '../support/cli.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';
import { type AtWork, endAll, gate, startAutosync, startProgram } from '../support/programs-at-work.js';
import { runAsNobody } from '../support/run-as.js';
import { canMount, type SmallDisk, smallDisk } from '../support/small-disk.js';
import { createWorld, git, type Machine, machineAt, type World } from '../support/world.js';

let world: World;
let here: Machine;
let there: Machine;

beforeEach(() => {
  world = createWorld('here', 'there');
  [here, there] = world.machines as [Machine, Machine];
});
afterEach(() => world.remove());

/** A run as a command makes it: an error becomes its words. */
const runAnyhow = (machine: Machine): Promise<Pick<RepoReport, 'verdict' | 'why'>> =>
  machine.run({}, QUICK).catch((error: unknown) => failedReport({ path: '', vcs: 'git', branch: '' }, error));

/** Rounds that follow each other at once: what is waited for does not end by itself here. */
const QUICK = { random: (): number => 0 };

const inGit = (name: string): string => join(here.top, '.git', name);
const elevenMinutesAgo = (path: string): void => {
  const then = Date.now() / 1000 - 660;
  utimesSync(path, then, then);
};

/** Starts a `git commit` of a person's that holds a lock until it is let go on, and waits until it does. */
async function commitThatHolds(lock: string): Promise<AtWork & { readonly goOn: () => void }> {
  const held = gate(join(world.folder, 'held'));
  if (lock !== 'index.lock') {
    writeFileSync(inGit('hooks/reference-transaction'), `#!/bin/sh\n[ "$1" = prepared ] || exit 0\n${held.script}\n`);
    chmodSync(inGit('hooks/reference-transaction'), 0o755);
  }
  const editor = join(world.folder, 'editor');
  writeFileSync(editor, lock === 'index.lock' ? `#!/bin/sh\n${held.script}\n` : '#!/bin/sh\n', { mode: 0o755 });
  here.write('README.md', 'BY HAND\n');
  const env = { ...process.env, GIT_EDITOR: editor };
  const commit = startProgram('git', ['commit', '-a', '-m', 'by hand', '--edit'], { cwd: here.top, env });
  await until('git holds its lock', held.isReached);
  expect(existsSync(inGit(lock))).toBe(true);
  return { ...commit, goOn: held.open };
}

const LOCKS = ['index.lock', 'HEAD.lock', 'refs/heads/main.lock'];

describe.each(LOCKS)('%s', (lock) => {
  it('that a live git holds is left to it, and its commit comes through', async () => {
    const commit = await commitThatHolds(lock);
    here.write('new.txt', 'NEW\n');
    const report = await here.run({}, QUICK);
    expect(report.verdict).toBe('attention');
    expect(report.why).toContain('git is at work');
    expect(existsSync(inGit(lock))).toBe(true);
    commit.goOn();
    expect(await commit.ended).toMatchObject({ code: 0 });
    expect(here.git('log', '--format=%s', '-1')).toBe('by hand');
    await expectConverged(world, { tokens: ['BY HAND', 'NEW'] });
    expect(here.git('log', '--format=%s')).toContain('by hand');
  });

  it('that a live git holds is left to it, however old it is', async () => {
    const commit = await commitThatHolds(lock);
    elevenMinutesAgo(inGit(lock));
    expect((await here.run({}, QUICK)).verdict).toBe('attention');
    commit.goOn();
    expect(await commit.ended).toMatchObject({ code: 0 });
    await expectConverged(world, { tokens: ['BY HAND'] });
  });

  it('that a dead git has left is told, with how to mend it, and is removed after ten minutes', async () => {
    const commit = await commitThatHolds(lock);
    endAll(commit);
    await commit.ended;
    const report = await here.run({}, QUICK);
    expect(report.verdict).toBe('attention');
    expect(report.why).toContain('git is at work');
    const left = LOCKS.filter((name) => existsSync(inGit(name)));
    expect(left).toContain(lock);
    expect(report.why).toContain(`rm '${inGit(left[0] ?? '')}'`);
    for (const name of left) elevenMinutesAgo(inGit(name));
    execFileSync('rm', ['-f', inGit('hooks/reference-transaction')]);
    await expectConverged(world, { tokens: ['BY HAND'] });
  });
});

describe('index.lock', () => {
  it.each(['--git-dir', 'GIT_DIR'])('that a live git holds which works elsewhere is left to it (%s)', async (how) => {
    const [held, elsewhere] = [gate(join(world.folder, 'held')), join(world.folder, 'elsewhere')];
    const editor = join(world.folder, 'editor');
    writeFileSync(editor, `#!/bin/sh\n${held.script}\n`, { mode: 0o755 });
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'README.md'), 'ELSEWHERE\n');
    const option = how === 'GIT_DIR' ? [] : ['--git-dir', inGit('')];
    const variable = how === 'GIT_DIR' ? { GIT_DIR: inGit('') } : {};
    const env = { ...process.env, ...variable, GIT_EDITOR: editor };
    const args = [...option, `--work-tree=${elsewhere}`, 'commit', '-a', '-m', 'by hand', '--edit'];
    const commit = startProgram('git', args, { cwd: elsewhere, env });
    await until('git holds its lock', held.isReached);
    (await here.open()).begin();
    here.write('new.txt', 'NEW\n');
    const report = await here.run({}, QUICK);
    expect(report.verdict).toBe('attention');
    expect(report.why).toContain('git is at work');
    held.open();
    expect(await commit.ended).toMatchObject({ code: 0 });
    expect(here.git('show', 'main:README.md')).toBe('ELSEWHERE');
  });
});

describe('a run in a linked working tree', () => {
  it.each(LOCKS)('that was killed leaves a %s alone which a live git holds in the main one', async (lock) => {
    const top = join(world.folder, 'linked');
    here.git('worktree', 'add', '-q', '-b', 'side', top);
    const linked = machineAt(top, 'linked');
    const commit = await commitThatHolds(lock);
    elevenMinutesAgo(inGit(lock));
    (await linked.open()).begin();
    linked.write('a.txt', 'SIDE\n');
    await linked.run({}, QUICK);
    expect(existsSync(inGit(lock))).toBe(true);
    commit.goOn();
    expect(await commit.ended).toMatchObject({ code: 0 });
    await linked.run();
    expect(git(world.hub, 'show', 'side:a.txt')).toBe('SIDE');
    expect(here.git('log', '--format=%s', '-1')).toBe('by hand');
  });

  it("leaves the main one's index.lock to its own runs, and removes what both share", async () => {
    const top = join(world.folder, 'linked');
    here.git('worktree', 'add', '-q', '-b', 'side', top);
    const linked = machineAt(top, 'linked');
    for (const name of ['index.lock', 'packed-refs.lock']) writeFileSync(inGit(name), '');
    (await linked.open()).begin();
    expect(await linked.run()).toMatchObject({ verdict: 'synced' });
    expect(['index.lock', 'packed-refs.lock'].filter((name) => existsSync(inGit(name)))).toEqual(['index.lock']);
  });
});

describe.each(['packed-refs.lock', 'config.lock', 'refs/remotes/origin/main.lock', 'shallow.lock'])(
  'a dead %s',
  (lock) => {
    it('keeps nothing from being committed, and after ten minutes nothing from being exchanged', async () => {
      here.write('a.txt', 'MINE\n');
      there.write('b.txt', 'THEIRS\n');
      await there.run();
      writeFileSync(inGit(lock), '');
      const report = await here.run({}, QUICK);
      expect(['synced', 'attention']).toContain(report.verdict);
      expect(here.git('show', 'HEAD:a.txt')).toBe('MINE');
      if (existsSync(inGit(lock))) elevenMinutesAgo(inGit(lock));
      await expectConverged(world, { tokens: ['MINE', 'THEIRS'] });
    });
  },
);

describe('our own lock', () => {
  const own = (): ProcessIdentity => ownIdentity();
  const OWNERS: readonly (readonly [string, () => unknown, 'held' | 'acquired'])[] = [
    ['of a process that lives', own, 'held'],
    ['of a process that died', () => ({ ...own(), pid: 2 ** 22 - 1 }), 'acquired'],
    ['of a process whose pid another has now', () => ({ ...own(), started: '1' }), 'acquired'],
    ['of this machine before it was started anew', () => ({ ...own(), boot: 'another' }), 'acquired'],
    ['of another host', () => ({ ...own(), host: 'another', pid: 2 ** 22 - 1 }), 'held'],
    [
      'of another host of the same name, on a disk that both use',
      () => ({ ...own(), boot: 'another', machine: 'f'.repeat(32), pid: 2 ** 22 - 1 }),
      'held',
    ],
    [
      'of a container that counts its processes by itself',
      () => ({ ...own(), namespace: 'pid:[1]', pid: 2 ** 22 - 1 }),
      'held',
    ],
    [
      'of an autosync that did not write down its machine yet',
      () => ({ host: hostname(), pid: 2 ** 22 - 1, started: '1', boot: own().boot }),
      'acquired',
    ],
  ];

  it.each(OWNERS)('%s is judged by its owner', (_whose, owner, expected) => {
    here.write('.git/autosync/lock', JSON.stringify({ ...(owner() as object), token: 'abc' }));
    const result = acquireLock(asAbsolute(inGit('autosync/lock')));
    expect(result.kind).toBe(expected);
    if (result.kind === 'acquired') result.lock.release();
  });

  it.each(OWNERS)("in git's own place, %s, goes only when its owner is dead", async (_whose, owner, expected) => {
    writeFileSync(inGit('index.lock'), `autosync ${JSON.stringify(owner())}\n`);
    here.write('a.txt', 'MINE\n');
    const { verdict } = await here.run({}, QUICK);
    expect(verdict).toBe(expected === 'held' ? 'attention' : 'synced');
    expect(existsSync(inGit('index.lock'))).toBe(expected === 'held');
  });
});

describe('programs at the same moment', () => {
  it('two runs on one machine take turns, and make one commit', async () => {
    const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'here');
    here.write('a.txt', 'MINE\n');
    // No more than two: a run waits ten seconds for another one, which on a slow machine is about as long as two take.
    const runs = [1, 2].map(() => startAutosync(home, 'snapshot', here.top));
    for (const { ended } of runs) expect(await ended).toMatchObject({ code: 0 });
    expect(here.git('rev-list', '--count', 'HEAD')).toBe('2');
    await expectConverged(world, { tokens: ['MINE'] });
  });

  it('a person commits all the time while a run brings work in: every commit of his is there, and every file', async () => {
    const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'here');
    for (let n = 0; n < 40; n += 1) there.write(`theirs/${n}.txt`, `THEIRS-${n}\n`);
    await there.run();
    const run = startAutosync(home, 'snapshot', here.top);
    let ended = false;
    void run.ended.then(() => {
      ended = true;
    });
    const mine: string[] = [];
    for (let n = 0; !ended && n < 400; n += 1) {
      here.write(`mine-${n}.txt`, `MINE-${n}.\n`);
      const args = ['-c', `git add mine-${n}.txt && git commit -q -m 'by hand ${n}.'`];
      const commit = await startProgram('sh', args, { cwd: here.top, env: process.env }).ended;
      if (commit.code === 0) mine.push(`by hand ${n}.`);
      // The run may have committed the file just before; that there is nothing left to commit is no error's word.
      else expect(commit.out + commit.err).toMatch(/index\.lock|cannot lock ref|nothing to commit|nothing added/);
    }
    await run.ended;
    const tokens = Object.keys(here.files()).filter((name) => name.startsWith('mine-'));
    expect(tokens.length).toBeGreaterThan(0);
    await expectConverged(world, { tokens: ['THEIRS-0', 'THEIRS-39', ...tokens.map((_name, n) => `MINE-${n}.`)] });
    for (const subject of mine) expect(here.git('log', '--format=%s')).toContain(subject);
  });
});

describe.skipIf(!needs('useradd as root'))('a git folder that may not be written', () => {
  it('is told, nothing is lost, and the next run after it may goes on', () => {
    here.write('a.txt', 'MINE\n');
    execFileSync('chmod', ['-R', 'a-w', inGit('')]);
    const before = here.files();
    expect(() => runAsNobody(world, here)).toThrow(/EACCES|permission denied/i);
    expect(here.files()).toEqual(before);
    execFileSync('chmod', ['-R', 'u+w', inGit('')]);
    expect(runAsNobody(world, here).verdict).toBe('synced');
  });

  it.each(['objects', 'refs/heads'])('in its part %s is told by name, nothing is lost, and mends itself', (part) => {
    there.write('b.txt', 'THEIRS\n');
    git(there.top, 'add', '.');
    git(there.top, 'commit', '-q', '-m', 'theirs');
    git(there.top, 'push', '-q');
    here.write('a.txt', 'MINE\n');
    execFileSync('chmod', ['-R', 'a-w', inGit(part)]);
    expect(() => runAsNobody(world, here)).toThrow(/permission/i);
    expect(here.read('a.txt')).toBe('MINE\n');
    expect(existsSync(inGit('index.lock'))).toBe(false);
    execFileSync('chmod', ['-R', 'u+w', inGit(part)]);
    expect(runAsNobody(world, here).verdict).toBe('synced');
    expect(here.files()).toMatchObject({ 'a.txt': 'MINE\n', 'b.txt': 'THEIRS\n' });
  });
});

describe.skipIf(!canMount())('a full disk', () => {
  let disk: SmallDisk;
  let small: Machine;

  beforeEach(() => {
    disk = smallDisk(8_000_000);
    git(world.folder, 'clone', '-q', world.hub, join(disk.folder, 'small'));
    small = machineAt(join(disk.folder, 'small'), 'small');
  });
  afterEach(() => disk.remove());

  const noise = (bytes: number): Buffer => randomBytes(bytes);

  /** Runs on the full disk, which must say so; then once there is room again everything must be well. */
  async function expectTold(what: RegExp): Promise<void> {
    const before = small.files();
    const report = await runAnyhow(small);
    expect(['failed', 'attention']).toContain(report.verdict);
    expect(report.why).toMatch(what);
    expect(small.files()).toEqual(before);
    expect(existsSync(join(small.top, '.git/index.lock'))).toBe(false);
    disk.empty();
    await expectConverged({ ...world, machines: [small, there] });
    expect(small.files()).toEqual({ ...small.files(), ...before });
  }

  const FULL = /no space left|disk full|ENOSPC|free some space/i;

  it.each([0, 4096, 64_000])('with %i bytes left is told at the snapshot, and loses nothing', async (leave) => {
    small.write('a.bin', noise(300_000));
    disk.fill(leave);
    await expectTold(FULL);
  });

  it('is told at the fetch, and loses nothing', async () => {
    there.write('b.bin', noise(1_000_000));
    await there.run();
    disk.fill(300_000);
    await expectTold(FULL);
  });

  it('is told when files are put in place, and takes everything back', async () => {
    there.write('b.txt', 'b'.repeat(2_000_000));
    await there.run();
    small.write('mine.txt', 'MINE\n');
    disk.fill(600_000);
    await expectTold(FULL);
  });

  it('on the hub is told at the push, and the work is sent once there is room', async () => {
    const hub = join(disk.folder, 'hub.git');
    git(world.folder, 'clone', '-q', '--bare', world.hub, hub);
    here.git('remote', 'set-url', 'origin', hub);
    here.write('a.bin', noise(1_000_000));
    disk.fill(200_000);
    const report = await here.run({}, QUICK);
    expect(report).toMatchObject({ verdict: 'attention', commit: { kind: 'committed' } });
    expect(report.why).toMatch(FULL);
    disk.empty();
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(git(hub, 'rev-parse', 'main')).toBe(here.git('rev-parse', 'HEAD'));
  });
});
