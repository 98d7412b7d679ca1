import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findProgram } from '../../scripts/steps/programs.js';
import { createHome, type Ended, type Home, PROGRAM } from './cli.js';
import type { Desk } from './desk.js';
import { createWorld, type Machine, type World } from './world.js';

/** The first day of the month that is played: a Monday, long after whatever the machine's own clock says. */
const FIRST_DAY = Date.parse('2031-03-03T00:00:00Z');
const DAY_MS = 24 * 3_600_000;

/** One person's machine: where he works, and how autosync runs there at a time of the month. */
export type Workplace = {
  readonly name: string;
  readonly desk: Machine;
  readonly home: Home;
  /** Runs the program at the present time of the month. */
  readonly autosync: (...args: readonly string[]) => Ended;
  /** Takes the machine's network away, or gives it back. */
  readonly online: (is: boolean) => void;
};

/** A hub, two machines and a clock that only the story moves. */
export type Month = {
  readonly world: World;
  readonly laptop: Workplace;
  readonly desktop: Workplace;
  /** Makes it a day (from 1) and an hour of the month, in the last second of a minute: nobody waits for his own second. */
  readonly setTime: (day: number, hour: number) => void;
};

/** Returns the date of a day of the month, as a person writes it. */
export const dateOf = (day: number): string => new Date(FIRST_DAY + (day - 1) * DAY_MS).toISOString().slice(0, 10);

/** Sets up a month in which nothing has happened yet; both machines have autosync installed. */
export function createMonth(): Month {
  const world = createWorld('laptop', 'desktop');
  const folder = mkdtempSync(join(tmpdir(), 'month-'));
  const clock = join(folder, 'clock');
  let now = '';
  const setTime: Month['setTime'] = (day, hour) => {
    const at = new Date(FIRST_DAY + (day - 1) * DAY_MS + hour * 3_600_000).toISOString();
    now = `@${at.slice(0, 16).replace('T', ' ')}:59`;
    writeFileSync(clock, now);
  };
  setTime(1, 8);
  const library = fakingLibrary();
  const path = fakedGit(folder, { clock, library });
  const [laptop, desktop] = world.machines.map((desk) => workplace(desk, { world, path, library, time: () => now }));
  if (laptop === undefined || desktop === undefined) throw new Error('a machine is missing');
  return { world, laptop, desktop, setTime };
}

/**
 * The library that fakes a clock. `faketime` itself leaves something behind under its process's number when it is killed,
 * and does not start under the same number again.
 */
const fakingLibrary = (): string =>
  execFileSync('faketime', ['-f', '+0', 'sh', '-c', 'printf %s "$LD_PRELOAD"'], { encoding: 'utf8' });

/** Autosync gives its children an environment of its own, in which no clock is faked: git gets its time by itself. */
function fakedGit(folder: string, { clock, library }: { readonly clock: string; readonly library: string }): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const faked = `LD_PRELOAD='${library}' FAKETIME="$(cat '${clock}')"`;
  const script = `#!/bin/sh\n${faked} exec '${findProgram('git')}' "$@"\n`;
  writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
  return `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
}

/** What a machine of the month shares with the other one. */
type Place = {
  readonly world: World;
  readonly path: string;
  readonly library: string;
  readonly time: () => string;
};

function workplace(desk: Machine, { world, path, library, time }: Place): Workplace {
  const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), desk.name, path);
  const autosync: Workplace['autosync'] = (...args) => {
    const env = { ...home.env, LD_PRELOAD: library, FAKETIME: time() };
    const options = { cwd: home.folder, env, encoding: 'utf8', timeout: 240_000 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], options);
    return { code: status, out: stdout, err: stderr };
  };
  const online: Workplace['online'] = (is) =>
    void desk.git('remote', 'set-url', 'origin', is ? world.hub : 'http://127.0.0.1:1/notes.git');
  // Its first run is made by the launcher, which knows no other clock than the machine's.
  const installed = home.autosync('install', desk.top, '--scheduler', 'none', '--no-hooks');
  if (installed.code !== 0) throw new Error(`${installed.out}${installed.err}`);
  return { name: desk.name, desk, home, autosync, online };
}

/** What is the same on both machines, and at the hub, when a month is over. */
export const standing = ({ world, laptop, desktop }: Month): readonly unknown[] =>
  [laptop, desktop].map(({ desk }) => ({
    files: (desk satisfies Desk).files(),
    status: desk.status(),
    isHub: desk.head() === world.hubHead(),
    damage: desk.verify(),
  }));
