import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitMessages } from '../../src/engine/commit-message.js';
import { tick } from '../../src/engine/tick.js';
import { asAbsolute } from '../../src/model/paths.js';
import type { Settings } from '../../src/model/repo.js';
import { systemClock } from '../../src/system/clock.js';
import { hg as hgSystem } from '../../src/vcs/hg/index.js';
import type { WorkingTree } from '../../src/vcs/vcs.js';
import { type Machine, machineAt, type World } from './world.js';

// The machine's own settings (/etc/mercurial) must not reach a test.
process.env['HGRCPATH'] = '';
process.env['HGUSER'] = 'Test Person <test@example.invalid>';

/** Runs raw hg, as a test sets things up and looks at them; returns its output without the last newline. */
export function hg(folder: string, ...args: readonly string[]): string {
  const env = { ...process.env, HGPLAIN: '1', HGENCODING: 'utf-8' };
  return execFileSync('hg', [...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).replace(/\n$/, '');
}

/** One machine's working tree under hg. */
export type HgMachine = Omit<Machine, 'git'> & { readonly hg: (...args: readonly string[]) => string };

/** A hub and some machines, each a clone of it. */
export type HgWorld = Omit<World, 'machines' | 'add'> & {
  readonly machines: readonly HgMachine[];
  readonly add: (name: string) => HgMachine;
};

const templates = new Map<string, string>();

/** Makes a hub with one commit (`README.md`) on `default`, and machines of the given names. */
export function createHgWorld(...names: readonly string[]): HgWorld {
  const key = names.join('/');
  const template = templates.get(key) ?? buildWorld(names);
  templates.set(key, template);
  const folder = mkdtempSync(join(tmpdir(), 'hg-world-'));
  cpSync(template, folder, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  for (const name of names) {
    const file = join(folder, name, '.hg', 'hgrc');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(template, folder));
  }
  const hub = join(folder, 'hub');
  return {
    folder,
    hub,
    machines: names.map((name) => hgMachineAt(join(folder, name), name)),
    add: (name) => {
      hg(folder, 'clone', '-q', '--', hub, join(folder, name));
      return hgMachineAt(join(folder, name), name);
    },
    hubHead: () => hg(hub, 'log', '-r', 'default', '-T', '{node}'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
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
  for (const name of names) hg(folder, 'clone', '-q', hub, join(folder, name));
  return folder;
}

/** Returns the machine whose working tree stands at a path. */
export function hgMachineAt(top: string, name: string): HgMachine {
  const { git: _git, ...files } = machineAt(top, name);
  const open = async (change: Partial<Settings> = {}): Promise<WorkingTree> => {
    const settings = { ...files.settings, ...change };
    const { now, sleep } = systemClock;
    const opened = await hgSystem.open(asAbsolute(top), { settings, messages: commitMessages(settings), now, sleep });
    if (opened.kind !== 'opened') throw new Error(`'${top}' is ${opened.kind}`);
    return opened.tree;
  };
  return {
    ...files,
    hg: (...args) => hg(top, ...args),
    files: () => withoutMetadata(files.files()),
    open,
    run: async (change = {}, request = {}) =>
      tick({
        tree: await open(change),
        settings: { ...files.settings, ...change },
        trigger: 'manual',
        pull: true,
        push: true,
        dryRun: false,
        allowDeletions: false,
        stillChanging: {},
        clock: systemClock,
        random: Math.random,
        ...request,
      }),
  };
}

const withoutMetadata = (files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !/(^|\/)\.hg\//.test(path)));

/** The id of the commit that a working tree stands on. */
export const tip = (machine: HgMachine): string => machine.hg('log', '-r', '.', '-T', '{node}');

/** The message of that commit. */
export const message = (machine: HgMachine): string => machine.hg('log', '-r', '.', '-T', '{desc}');

/** Tells whether a machine's private share is there. */
export const hasShare = (machine: HgMachine): boolean => existsSync(join(machine.top, '.hg', 'autosync', 'merge'));
