import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hg as hgSystem } from '../../src/vcs/hg/index.js';
import { type Desk, deskAt } from './desk.js';
import { type HgEnded, runInServer } from './hg-server.js';
import { removeFolder } from './remove-folder.js';
import { COPY, type World } from './world.js';

// The machine's own settings (/etc/mercurial) must not reach a test.
process.env['HGRCPATH'] = '';
process.env['HGUSER'] = 'Test Person <test@example.invalid>';

/** Commands that ask or commit; whatever starts programs, goes to another repository or brings settings gets its own hg. */
const SERVED = new Set(
  'add addremove bookmark bookmarks branch branches cat commit files heads id identify init log manifest parents paths phase status tag tags update verify'.split(
    ' ',
  ),
);

/** Runs raw hg, as a test sets things up and looks at them; returns its output without the last newline. */
export function hg(folder: string, ...args: readonly string[]): string {
  const env = { ...process.env, HGPLAIN: '1', HGENCODING: 'utf-8' };
  const { code, stdout, stderr } = isServed(folder, args)
    ? runInServer(['--cwd', folder, ...args], env)
    : runAlone(folder, args, env);
  if (code === 0) return stdout.replace(/\n$/, '');
  throw Object.assign(new Error(`Command failed: hg ${args.join(' ')}\n${stderr}`), { status: code, stdout, stderr });
}

function isServed(folder: string, args: readonly string[]): boolean {
  if (!SERVED.has(args[0] ?? '') || args.includes('--config')) return false;
  // An extension stays in the program that has loaded it once, and a hook may look at it.
  const settings = join(folder, '.hg', 'hgrc');
  return !existsSync(settings) || !/^\[(extensions|hooks)|^%include/m.test(readFileSync(settings, 'utf8'));
}

function runAlone(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv): HgEnded {
  const ended = spawnSync('hg', [...args], { cwd, env, encoding: 'utf8', maxBuffer: 1 << 28, timeout: 240_000 });
  if (ended.error !== undefined) throw ended.error;
  return { code: ended.status ?? -1, stdout: ended.stdout, stderr: ended.stderr };
}

/** One machine's working tree under hg. */
export type HgMachine = Desk & { readonly hg: (...args: readonly string[]) => string };

/** A hub and some machines, each a clone of it. */
export type HgWorld = World<HgMachine>;

/** The heads of a branch that machines share; what one has set aside there is none. */
const sharedHeads = (branch: string): string => `heads(branch("literal:${branch}")) - bookmark("re:^autosync/")`;

const templates = new Map<string, string>();

/** Makes a hub with one commit (`README.md`) on `default`, and machines of the given names. */
export function createHgWorld(...names: readonly string[]): HgWorld {
  const key = names.join('/');
  const template = templates.get(key) ?? buildWorld(names);
  templates.set(key, template);
  const folder = mkdtempSync(join(tmpdir(), 'hg-world-'));
  cpSync(template, folder, COPY);
  for (const name of names) {
    const file = join(folder, name, '.hg', 'hgrc');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(template, folder));
  }
  const hub = join(folder, 'hub');
  return {
    folder,
    hub,
    branch: 'default',
    machines: names.map((name) => hgMachineAt(join(folder, name), name)),
    add: (name) => {
      hg(folder, 'clone', '-q', '--', hub, join(folder, name));
      return hgMachineAt(join(folder, name), name);
    },
    hubHead: (branch = 'default') => hg(hub, 'log', '-r', sharedHeads(branch), '-T', '{node}'),
    hubHistory: () => hg(hub, 'log', '-p'),
    remove: () => removeFolder(folder),
  };
}

function buildWorld(names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hg-template-'));
  const hub = join(folder, 'hub');
  hg(folder, 'init', hub);
  const seed = join(folder, 'seed');
  hg(folder, 'clone', '-q', hub, seed);
  writeFileSync(join(seed, 'README.md'), 'hello\n');
  hg(seed, 'commit', '-q', '-A', '-m', 'first');
  hg(seed, 'push', '-q');
  rmSync(seed, { recursive: true });
  const [first = '', ...others] = names;
  if (names.length > 0) hg(folder, 'clone', '-q', hub, join(folder, first));
  for (const name of others) cpSync(join(folder, first), join(folder, name), COPY);
  return folder;
}

/** Returns the machine whose working tree stands at a path. */
export function hgMachineAt(top: string, name: string): HgMachine {
  const run: HgMachine['hg'] = (...args) => hg(top, ...args);
  const listed = (...args: readonly string[]): readonly string[] =>
    run(...args)
      .split('\0')
      .slice(0, -1);
  return {
    ...deskAt(hgSystem, top, name),
    hg: run,
    command: run,
    head: () => run('log', '-r', '.', '-T', '{node}'),
    messages: () => listed('log', '-r', 'sort(::., -rev)', '-T', '{desc}\\0'),
    committed: () => listed('files', '-r', '.', '-0'),
    status: () => run('status'),
    verify: () => `${run('verify', '-q')}${secondHeads(run('log', '-r', sharedHeads('default'), '-T', '{node}\n'))}`,
    commit: (message, ...paths) => {
      const wanted = paths.map((path) => `path:${path}`);
      run('addremove', '-q', ...wanted);
      run('commit', '-q', '-m', message, ...wanted);
    },
    send: () => void run('push', '-q', '--new-branch', '-r', '.'),
    branch: () => run('branch'),
    branchOff: (branch) => void run('branch', '-q', '--', branch),
    switchTo: (branch) => void run('update', '-q', '--', branch),
    savedAside: () => run('identify', '-T', '{node}', '-r', `autosync/${name}/default`, 'default'),
  };
}

const secondHeads = (heads: string): string => (heads.includes('\n') ? `several heads: ${heads}` : '');
