import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { visitMirror } from '../../src/mirror/visit.js';
import type { MirrorReport } from '../../src/model/mirror.js';
import { parseSchedule } from '../../src/scheduler/schedule-text.js';
import { locations } from '../../src/store/locations.js';
import { readMirror } from '../../src/store/mirror-registry.js';
import { systemClock } from '../../src/system/clock.js';
import { program as autosync } from '../sweep/sweep-world.js';
import { type Action, type CutRequest, readCalls, runCut } from './cut.js';
import { hg } from './hg-world.js';
import { makeHistory } from './mirror-world.js';
import { removeFolder } from './remove-folder.js';
import { git } from './world.js';

/** A source, a destination, and the home of somebody who has a mirror, in one folder. */
type CutWorld = { readonly folder: string; readonly env: NodeJS.ProcessEnv };

/** How a mirror stands: the destination's refs, and which commit each changeset has become. */
export type MirrorEnd = {
  readonly refs: string;
  readonly map: string;
  readonly words: string;
  /** What a run said to be done that was not: empty unless it lied. */
  readonly lie: string;
};

/** A run of a mirror that can be cut, and how it goes when nobody does. */
export type CutReference = {
  readonly template: string;
  readonly calls: readonly string[];
  readonly end: MirrorEnd;
};

const SEED = 5;

function worldIn(folder: string): CutWorld {
  const env = {
    HOME: join(folder, 'home'),
    PATH: process.env['PATH'] ?? '',
    TMPDIR: join(folder, 'tmp'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    HGRCPATH: '',
    GIT_CONFIG_NOSYSTEM: '1',
    // Calls that go through a ring of the kernel's could not be stopped at.
    UV_USE_IO_URING: '0',
  };
  return { folder, env };
}

const COMMAND = ['mirror', 'run', 'project', '--json'];

/**
 * Makes a world in which a mirror has something to do, and lets it do it once: `first`: all of a history; otherwise the
 * second part of one, in which tags move and heads are merged.
 */
export async function cutReference(kind: 'first' | 'second'): Promise<CutReference> {
  const template = mkdtempSync(join(tmpdir(), 'template-'));
  const { env } = worldIn(template);
  for (const name of ['tmp', join('home', '.config', 'autosync', 'mirrors')])
    mkdirSync(join(template, name), { recursive: true });
  git(template, 'init', '-q', '--bare', 'git.git');
  // What git does with the objects that arrive there is its own affair: in one file they are a few calls.
  git(join(template, 'git.git'), 'config', 'receive.unpackLimit', '1');
  makeHistory(join(template, 'source'), SEED, kind === 'first' ? 12 : 30);
  if (kind === 'second') {
    register(template);
    execFileSync(process.execPath, [autosync(), ...COMMAND], { env, cwd: template, timeout: 120_000 });
    makeHistory(join(template, 'source'), SEED, 45);
    const first = hg(join(template, 'source'), 'log', '-r', '1', '-T', '{node}');
    hg(join(template, 'source'), 'update', '-q', '-C', 'tip');
    hg(join(template, 'source'), 'tag', '-q', '-f', '-r', first, '-d', '0 0', '-u', 'x', 'moved');
  }
  const folder = copyOf(template);
  const list = join(mkdtempSync(join(tmpdir(), 'calls-')), 'calls');
  await run(folder, { action: { kind: 'nothing' }, at: 0, list });
  // What is worth telling is told by every run, also by one that has nothing to do.
  const reference = { template, calls: readCalls(list), end: { ...(await goOn(folder)), lie: '' } };
  discard(folder);
  return reference;
}

/** The paths in a mirror's file are absolute, so that a copy of a world needs its own. */
function register(folder: string): void {
  const facts = [
    `source = "${join(folder, 'source')}"`,
    `destination = "${join(folder, 'git.git')}"`,
    'backend = "export"',
    'triggers = []',
    'default-branch = "main"',
  ];
  writeFileSync(join(folder, 'home', '.config', 'autosync', 'mirrors', 'project.toml'), `${facts.join('\n')}\n`);
}

function copyOf(template: string): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'cut-')), 'world');
  cpSync(template, folder, COPY);
  register(folder);
  return folder;
}

const COPY = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true } as const;

/** What the program has left behind when it was killed may still be writing there. */
const discard = (folder: string): void => removeFolder(dirname(folder));

const run = (
  folder: string,
  request: { readonly action: Action; readonly at: number; readonly list?: string },
): ReturnType<typeof runCut> => runCut({ ...program(folder), below: folder, ...request });

/** How the program is called that runs the mirror of a world. */
const program = (folder: string): Pick<CutRequest, 'command' | 'cwd' | 'env'> => ({
  command: [process.execPath, autosync(), ...COMMAND],
  cwd: folder,
  env: worldIn(folder).env,
});

function endOf(folder: string): Pick<MirrorEnd, 'refs' | 'map'> {
  const map = join(folder, 'home', '.local', 'share', 'autosync', 'mirrors', 'project', 'map');
  return {
    refs: git(join(folder, 'git.git'), 'for-each-ref', '--format=%(refname) %(objectname)'),
    map: existsSync(map) ? readFileSync(map, 'utf8') : '',
  };
}

/** How a mirror stands after an attack and the next run, and whether the attack took place at all. */
export type CutEnd = MirrorEnd & { readonly happened: boolean };

/** Cuts a run at one of its calls, makes the next one, and returns how the mirror stands then. */
export async function cutAndGoOn({ template, end }: CutReference, action: Action, at: number): Promise<CutEnd> {
  const folder = copyOf(template);
  try {
    const { code, happened } = await run(folder, { action, at });
    const { refs } = endOf(folder);
    const lie = code === 0 && refs !== end.refs ? `exit code 0, and in git there is ${refs}` : '';
    return { ...(await goOn(folder)), lie, happened: happened > 0 };
  } finally {
    discard(folder);
  }
}

/** Kills the program alone, some time after its start: what it has started goes on, for as long as it likes. */
export async function orphanAndGoOn({ template }: CutReference, afterMs: number): Promise<MirrorEnd> {
  const folder = copyOf(template);
  try {
    const { command, cwd, env } = program(folder);
    const [node = '', ...args] = command;
    const child = spawn(node, args, { cwd, env, stdio: 'ignore' });
    const ended = new Promise((settle) => child.once('close', settle));
    setTimeout(() => child.kill('SIGKILL'), afterMs);
    await ended;
    return { ...(await goOn(folder)), lie: '' };
  } finally {
    discard(folder);
  }
}

/**
 * Runs a mirror once and lays the world aside before each of its calls: what a kill there leaves. Returns the folder of
 * the copies, which are named by the calls' numbers, and the calls.
 */
export function layStatesAside({ template }: CutReference): {
  readonly folder: string;
  readonly calls: readonly string[];
} {
  const world = copyOf(template);
  const folder = mkdtempSync(join(tmpdir(), 'states-'));
  const list = join(folder, 'calls');
  const { command, cwd, env } = program(world);
  const copy = `n=$(wc -l <'${list}') && cp -a '${world}' '${folder}/'"$n"`;
  const args = ['-b', world, '-l', list, '-n', '1', '-a', `run:${copy}`, '-s', '--', ...command];
  execFileSync(join(inject('workshop'), 'bin', 'cutpoint'), args, { cwd, env, stdio: 'ignore', timeout: 600_000 });
  const calls = readCalls(list);
  // What a kill after the last call leaves.
  cpSync(world, join(folder, `${calls.length + 1}`), COPY);
  discard(world);
  return { folder, calls };
}

/** Makes the next run in a world that was laid aside, and returns how the mirror stands then; the world is gone after it. */
export async function goOnFrom(state: string): Promise<MirrorEnd> {
  const folder = copyOf(state);
  try {
    return { ...(await goOn(folder)), lie: '' };
  } finally {
    discard(folder);
    rmSync(state, { recursive: true, force: true });
  }
}

/** Makes the next run, and where a killed git has left locks at the destination, which nobody may touch yet, one ten minutes later. */
async function goOn(folder: string): Promise<Omit<MirrorEnd, 'lie'>> {
  const destination = join(folder, 'git.git');
  let report = await runHere(folder);
  const locks = readdirSync(destination, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.lock'),
  );
  if (report.verdict !== 'mirrored' && locks.length > 0) {
    const old = new Date(Date.now() - 11 * 60_000);
    for (const name of locks) utimesSync(join(destination, name), old, old);
    report = await runHere(folder);
  }
  return { ...endOf(folder), words: `${report.verdict}: ${report.why}` };
}

/** Runs a world's mirror in this process: the next run as the program would make it, without the time to start it. */
async function runHere(folder: string): Promise<MirrorReport> {
  const home = join(folder, 'home');
  Object.assign(process.env, {
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local', 'share'),
    XDG_STATE_HOME: join(home, '.local', 'state'),
  });
  const places = locations();
  const mirror = readMirror(places, { name: 'project', parseSchedule });
  if (mirror === undefined) throw new Error(`there is no mirror in '${folder}'`);
  const context = { locations: places, clock: systemClock, networkTimeoutSeconds: 20 };
  return await visitMirror(context, mirror, { trigger: 'manual', verify: false, waitMs: 0 });
}
