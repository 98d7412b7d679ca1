import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitMessages } from '../../src/engine/commit-message.js';
import { tick } from '../../src/engine/tick.js';
import { asAbsolute } from '../../src/model/paths.js';
import { startSecond } from '../../src/scheduler/offset.js';
import { systemClock } from '../../src/system/clock.js';
import { git as gitSystem } from '../../src/vcs/git/index.js';
import type { WorkingTree } from '../../src/vcs/vcs.js';
import { createHome, type Ended, type Home, PROGRAM } from '../support/cli.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';
import { createWorld, type Machine, type World } from '../support/world.js';

let world: World;
let here: Machine;
let there: Machine;

beforeEach(() => {
  world = createWorld('here', 'there');
  [here, there] = world.machines as [Machine, Machine];
});
afterEach(() => world.remove());

const DAY_MS = 24 * 3_600_000;
const NOW = Date.now();

/** Its own second comes early in a minute: from then on it waits for no other, however long a program takes to start. */
const MACHINE = 'strange';

/** A clock at a minute, and at the machine's own second in it. */
const clockAt = (minute: string): string => `@${minute}:${String(startSecond(MACHINE)).padStart(2, '0')}`;

/** A clock so many days from now, at a time of day. */
const daysFromNow = (days: number, time: string): string =>
  clockAt(`${new Date(NOW + days * DAY_MS).toISOString().slice(0, 10)} ${time}`);

describe.skipIf(!needs('faketime'))('a clock that says', () => {
  let home: Home;

  beforeEach(() => {
    home = createHome(mkdtempSync(join(tmpdir(), 'home-')), MACHINE);
  });

  const install = (...schedule: readonly string[]): void => {
    expect(home.autosync('install', here.top, '--scheduler', 'none', ...schedule)).toMatchObject({ code: 0 });
  };

  /** Runs the program, and all that it starts, at another time. */
  function at(time: string, args: readonly string[], zone = 'UTC'): Ended {
    const command = ['-f', time, process.execPath, PROGRAM, ...args];
    const env = { ...home.env, TZ: zone };
    const { status, stdout, stderr } = spawnSync('faketime', command, {
      cwd: home.folder,
      env,
      encoding: 'utf8',
      timeout: 240_000,
    });
    return { code: status, out: stdout, err: stderr };
  }

  it.each([
    ['yesterday', '-1d'],
    ['that it is ten years later', '+3650d'],
    ['1960', '@1960-01-02 03:04:05'],
    ['1970', '@1970-01-01 00:00:01'],
    ['2040', '@2040-02-03 04:05:06'],
  ])('%s neither stops a run nor loses anything, and the next one at the right time goes on', async (_what, time) => {
    install('--every', '5m');
    here.write('mine.txt', 'MINE\n');
    here.write('both.txt', 'MY VERSION\n');
    there.write('both.txt', 'THEIR VERSION\n');
    await there.run();
    const wrong = at(time, ['snapshot', '--json', here.top]);
    expect(wrong).toMatchObject({ code: 0 });
    expect(JSON.parse(wrong.out).repos[0]).toMatchObject({ verdict: 'synced' });
    here.write('later.txt', 'LATER\n');
    expect(home.autosync('snapshot', here.top)).toMatchObject({ code: 0 });
    expect(at(time, ['status', here.top]).code).toBe(0);
    await expectConverged(world, { tokens: ['MINE', 'LATER', 'MY VERSION', 'THEIR VERSION'] });
  });

  it.each([
    ['yesterday, after a run today', daysFromNow(-1, '15:00'), daysFromNow(-1, '15:14')],
    ['1960, after a run today', clockAt('1960-01-02 15:04'), clockAt('1960-01-02 15:09')],
    ['that a month was slept through', daysFromNow(31, '15:00'), daysFromNow(31, '15:14')],
  ])('%s makes the repository due once, and then not again', (_what, time, soonAfter) => {
    // Due at some time between noon and one, by its name: never between the two.
    install('--schedule', '0 12 * * *');
    const first = at(time, ['snapshot', '--due', '--json']);
    expect(JSON.parse(first.out).repos).toMatchObject([{ verdict: 'synced' }]);
    expect(JSON.parse(at(soonAfter, ['snapshot', '--due', '--json']).out).repos).toEqual([]);
  });

  it.each([
    ['summer time begins', clockAt('2026-03-29 01:55'), clockAt('2026-03-29 03:55')],
    ['summer time ends', clockAt('2026-10-25 01:55'), clockAt('2026-10-25 03:05')],
  ])('%s has a run before and one after it', (_what, before, after) => {
    install('--every', '30m');
    for (const [time, text] of [
      [before, 'BEFORE\n'],
      [after, 'AFTER\n'],
    ] as const) {
      here.write('a.txt', text);
      const due = at(time, ['snapshot', '--due', '--json'], 'Europe/Berlin');
      expect(JSON.parse(due.out).repos).toMatchObject([{ verdict: 'synced', commit: { kind: 'committed' } }]);
    }
  });
});

describe('a file that carries the time', () => {
  it.each([
    ['of 1960', -315_000_000],
    ['of 1970', 0],
    ['of ten years from now', Date.now() / 1000 + 3650 * 86_400],
    ['of 2500', 16_725_225_600],
  ])('%s is taken, and its next version too', async (_what, seconds) => {
    here.write('a.txt', 'ONE\n');
    utimesSync(join(here.top, 'a.txt'), seconds, seconds);
    expect(await here.run({}, { trigger: 'scheduler' })).toMatchObject({ verdict: 'synced', quarantined: [] });
    // Git compares the time of the inode's last change by the second, too.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    here.write('a.txt', 'TWO\n');
    utimesSync(join(here.top, 'a.txt'), seconds, seconds);
    await here.run({}, { trigger: 'scheduler' });
    await expectConverged(world, { tokens: ['TWO'] });
  });

  it('of its old version to the second, as on a coarse file system, and has its size: it is taken all the same', async () => {
    const path = join(here.top, 'a.txt');
    here.write('a.txt', 'ONE\n');
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    await here.run();
    // Git compares the time of the inode's last change by the second, too.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    writeFileSync(path, 'TWO\n');
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    expect(lstatSync(path).mtimeMs).toBe(1_700_000_000_000);
    expect(await here.run()).toMatchObject({ commit: { kind: 'committed' } });
    await expectConverged(world, { tokens: ['TWO'] });
  });

  it('of this moment, over and over, at one size: what was saved last is what arrives', async () => {
    for (let n = 100; n < 108; n += 1) {
      here.write('a.txt', `${n}\n`);
      const running = here.run();
      here.write('a.txt', `${n + 100}\n`);
      await running;
    }
    await expectConverged(world, { tokens: ['207'] });
  });
});

describe('a month asleep', () => {
  it('at one machine, while the other worked every fourth day: both have everything', async () => {
    here.write('before.txt', 'BEFORE SLEEP\n');
    for (let day = 0; day < 8; day += 1) {
      there.write('diary.txt', Array.from({ length: day + 1 }, (_, n) => `DAY-${n}.`).join('\n'));
      const clock = { ...systemClock, now: () => Date.now() - (30 - 4 * day) * DAY_MS };
      await runAt(there, clock.now);
    }
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    await expectConverged(world, { tokens: ['BEFORE SLEEP', 'DAY-0.', 'DAY-7.'] });
  });
});

describe('what only a pin holds', () => {
  const pins = (): readonly string[] =>
    here.git('for-each-ref', '--format=%(refname)', 'refs/autosync/pin/').split('\n');
  const tidyAt = async (now: () => number): Promise<void> => (await openAt(here, now)).housekeeping();

  it.each([
    ['400 days later', (): number => Date.now() + 400 * DAY_MS],
    ['1970', (): number => 5000],
  ])('outlives a run at which the clock says that it is %s', async (_what, wrong) => {
    here.write('a.txt', 'one\n');
    await here.run();
    here.write('a.txt', 'two\n');
    await runAt(here, wrong);
    const before = pins();
    expect(before).toHaveLength(2);
    for (const now of [wrong, Date.now, (): number => Date.now() + DAY_MS]) await tidyAt(now);
    expect(pins()).toEqual(before);
  });

  it('goes when it is thirty days old', async () => {
    here.write('a.txt', 'one\n');
    await here.run();
    for (let day = 1; day <= 31; day += 1) {
      expect([day, pins().filter(Boolean)]).toEqual([day, day <= 30 ? [expect.anything()] : []]);
      await tidyAt(() => Date.now() + day * DAY_MS);
    }
  });
});

/** Opens the working tree of a machine whose clock is another. */
async function openAt({ top, settings }: Machine, now: () => number): Promise<WorkingTree> {
  const { sleep } = systemClock;
  const opened = await gitSystem.open(asAbsolute(top), { settings, messages: commitMessages(settings), now, sleep });
  if (opened.kind !== 'opened') throw new Error(opened.kind);
  return opened.tree;
}

/** A run of a machine whose clock is another. */
async function runAt(machine: Machine, now: () => number): Promise<void> {
  const { settings } = machine;
  const tree = await openAt(machine, now);
  const clock = { ...systemClock, now };
  const options = { trigger: 'manual', pull: true, push: true, dryRun: false, allowDeletions: false } as const;
  await tick({ ...options, tree, settings, stillChanging: {}, clock, random: Math.random });
}

it('two machines whose clocks are a day apart give the same conflict the same name', async () => {
  here.write('both.txt', 'MINE\n');
  execFileSync('git', ['add', '.'], { cwd: here.top });
  execFileSync('git', ['commit', '-q', '-m', 'mine'], {
    cwd: here.top,
    env: { ...process.env, GIT_AUTHOR_DATE: '2031-01-01T00:00:00Z', GIT_COMMITTER_DATE: '2031-01-01T00:00:00Z' },
  });
  there.write('both.txt', 'THEIRS\n');
  await there.run();
  await here.run();
  await expectConverged(world, { tokens: ['MINE', 'THEIRS'] });
  expect(Object.keys(there.files()).filter((name) => name.includes('(conflict '))).toHaveLength(1);
});
