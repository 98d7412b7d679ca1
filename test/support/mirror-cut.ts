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
import { join } from 'node:path';
import { program } from '../sweep/sweep-world.js';
import { type Action, readCalls, runCut } from './cut.js';
import { hg } from './hg-world.js';
import { makeHistory } from './mirror-world.js';
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
    execFileSync(process.execPath, [program(), ...COMMAND], { env, cwd: template, timeout: 120_000 });
    makeHistory(join(template, 'source'), SEED, 45);
    const first = hg(join(template, 'source'), 'log', '-r', '1', '-T', '{node}');
    hg(join(template, 'source'), 'update', '-q', '-C', 'tip');
    hg(join(template, 'source'), 'tag', '-q', '-f', '-r', first, '-d', '0 0', '-u', 'x', 'moved');
  }
  const folder = copyOf(template);
  const list = `${folder}.calls`;
  await run(folder, { action: { kind: 'nothing' }, at: 0, list });
  // What is worth telling is told by every run, also by one that has nothing to do.
  const reference = { template, calls: readCalls(list), end: { ...(await goOn(folder)), lie: '' } };
  rmSync(folder, { recursive: true });
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
  cpSync(template, folder, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  register(folder);
  return folder;
}

const run = (
  folder: string,
  request: { readonly action: Action; readonly at: number; readonly list?: string },
): ReturnType<typeof runCut> =>
  runCut({
    command: [process.execPath, program(), ...COMMAND],
    cwd: folder,
    env: worldIn(folder).env,
    below: folder,
    ...request,
  });

function endOf(folder: string): Pick<MirrorEnd, 'refs' | 'map'> {
  const map = join(folder, 'home', '.local', 'share', 'autosync', 'mirrors', 'project', 'map');
  return {
    refs: git(join(folder, 'git.git'), 'for-each-ref', '--format=%(refname) %(objectname)'),
    map: existsSync(map) ? readFileSync(map, 'utf8') : '',
  };
}

/** Cuts a run at one of its calls, makes the next one, and returns how the mirror stands then. */
export async function cutAndGoOn({ template, end }: CutReference, action: Action, at: number): Promise<MirrorEnd> {
  const folder = copyOf(template);
  try {
    const { code } = await run(folder, { action, at });
    const { refs } = endOf(folder);
    const lie = code === 0 && refs !== end.refs ? `exit code 0, and in git there is ${refs}` : '';
    return { ...(await goOn(folder)), lie };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Kills the program alone, some time after its start: what it has started goes on, for as long as it likes. */
export async function orphanAndGoOn({ template }: CutReference, afterMs: number): Promise<MirrorEnd> {
  const folder = copyOf(template);
  try {
    const child = spawn(process.execPath, [program(), ...COMMAND], {
      cwd: folder,
      env: worldIn(folder).env,
      stdio: 'ignore',
    });
    const ended = new Promise((settle) => child.once('close', settle));
    setTimeout(() => child.kill('SIGKILL'), afterMs);
    await ended;
    return { ...(await goOn(folder)), lie: '' };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes the next run, and where a killed git has left locks at the destination, which nobody may touch yet, one ten minutes later. */
async function goOn(folder: string): Promise<Omit<MirrorEnd, 'lie'>> {
  const destination = join(folder, 'git.git');
  let cut = await run(folder, { action: { kind: 'nothing' }, at: 0 });
  const locks = readdirSync(destination, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.lock'),
  );
  if (cut.code !== 0 && locks.length > 0) {
    const old = new Date(Date.now() - 11 * 60_000);
    for (const name of locks) utimesSync(join(destination, name), old, old);
    cut = await run(folder, { action: { kind: 'nothing' }, at: 0 });
  }
  return { ...endOf(folder), words: `exit code ${cut.code}: ${/"why": (".*")/.exec(cut.out)?.[1] ?? ''} ${cut.err}` };
}
