import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../scripts/steps/programs.js';
import { canBeWarm, runWarm } from './warm-program.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The program as it is in this checkout, compiled. */
export const PROGRAM: string = join(ROOT, 'bin', 'autosync.js');

const COMPILED = join(ROOT, 'dist', 'cli.js');

/** A machine's home, and the program run in it. */
export type Home = {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly autosync: (...args: readonly string[]) => Ended;
  readonly autosyncIn: (cwd: string, ...args: readonly string[]) => Ended;
  /** The same home with some variables more. */
  readonly with: (variables: NodeJS.ProcessEnv) => Home;
};

/** How the program ended: its exit code and what it said. */
export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

/** Makes a home folder with a name for its machine, an identity for git and hg, and an environment that has nothing else. */
export function createHome(folder: string, machine: string, path: string = process.env['PATH'] ?? ''): Home {
  mkdirSync(join(folder, '.config', 'autosync'), { recursive: true });
  writeFileSync(join(folder, '.config', 'autosync', 'config.toml'), `machine = "${machine}"\nnotify = false\n`);
  writeFileSync(join(folder, '.gitconfig'), '[user]\n\tname = Test Person\n\temail = test@example.invalid\n');
  writeFileSync(join(folder, '.hgrc'), '[ui]\nusername = Test Person <test@example.invalid>\n');
  // The crontab and the systemd of whoever runs the tests are not for them.
  const bin = mkdtempSync(join(tmpdir(), 'bin-'));
  writeFileSync(join(bin, 'crontab'), '#!/bin/sh\necho refused >&2\nexit 1\n', { mode: 0o755 });
  const none = { PATH: `${bin}${delimiter}${path}`, XDG_RUNTIME_DIR: bin };
  const env = { HOME: folder, ...none, LANG: 'C.UTF-8', TZ: 'UTC', GIT_CONFIG_NOSYSTEM: '1' };
  return homeAt(folder, env);
}

function homeAt(folder: string, env: NodeJS.ProcessEnv): Home {
  const autosyncIn = (cwd: string, ...args: readonly string[]): Ended =>
    canBeWarm(env) ? runWarm(COMPILED, { args, cwd, env }) : runCold(args, { cwd, env });
  return {
    folder,
    env,
    autosyncIn,
    autosync: (...args) => autosyncIn(folder, ...args),
    with: (variables) => homeAt(folder, { ...env, ...variables }),
  };
}

/** No command line of a test's takes longer, unless it hangs. */
const LIMIT_MS = 240_000;

const runCold = (args: readonly string[], place: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }): Ended =>
  ended(spawnSync(process.execPath, [PROGRAM, ...args], { ...place, encoding: 'utf8', timeout: LIMIT_MS }));

const ended = ({ status, stdout, stderr }: SpawnSyncReturns<string>): Ended => ({
  code: status,
  out: stdout,
  err: stderr,
});

/** Returns a PATH on which there are some programs, and nothing else. */
export function pathOf(...programs: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'bin-'));
  for (const name of programs) {
    const found = findProgram(name);
    if (found !== undefined) symlinkSync(found, join(folder, name));
  }
  return folder;
}

/**
 * Waits until something holds, and fails with its words when it does not in time. The limit ends what will never hold: it
 * is many times what anything takes on a machine that has nothing else to do.
 */
export async function until(what: string, holds: () => boolean, limitMs = LIMIT_MS): Promise<void> {
  const end = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Puts the compiled program and what it needs at run time into a folder that every user may read, as an installation
 * would, without the network. Returns the program's path.
 */
export function deployProgram(folder: string): string {
  for (const name of ['bin', 'dist', 'templates', 'package.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  deployDependencies(folder);
  return join(folder, 'bin', 'autosync.js');
}

/** Copies the packages that the program needs at run time to where Node looks for them from a folder. */
export function deployDependencies(folder: string): void {
  const args = ['ls', '--omit=dev', '--all', '--parseable'];
  const listed = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', timeout: LIMIT_MS });
  for (const path of listed.stdout.split('\n').filter((line) => line.includes('node_modules'))) {
    const target = join(folder, path.slice(ROOT.length));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(path, target, {
      recursive: true,
      filter: (from) => from === path || !from.slice(path.length).includes('/node_modules'),
    });
  }
}
