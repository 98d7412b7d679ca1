import { appendFileSync, chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Desk } from './desk.js';
import { createHgWorld, type HgMachine, hg, hgMachineAt } from './hg-world.js';
import { createWorld, git, type Machine, machineAt, type World } from './world.js';

/** What a suite that holds for every version control system has to know of one to set worlds up. */
export type VcsHarness = {
  readonly name: 'git' | 'hg';
  readonly createWorld: (...names: readonly string[]) => World<Desk>;
  readonly machineAt: (top: string, name: string) => Desk;
  /** Makes an empty repository with a working tree, or one that can be a hub. */
  readonly create: (folder: string) => void;
  readonly createHub: (folder: string) => void;
  /** Gives a repository its hubs: name → URL; the first is the one that is used unless it is said. */
  readonly knowHubs: (machine: Desk, hubs: Readonly<Record<string, string>>) => void;
  /** The name of the first. */
  readonly hubName: string;
  /** How it speaks to hubs over the network, http among them. */
  readonly protocols: readonly string[];
  /** Which names the system cannot hold. */
  readonly cannotHold: RegExp;
  /** Keeps paths out of commits on this machine alone, by rules that both systems read alike. */
  readonly ignore: (machine: Desk, ...rules: readonly string[]) => void;
  /** Makes the hub refuse every push in its own words; {@link VcsHarness.accept} makes it take them again. */
  readonly refuse: (world: World<Desk>, words: string) => void;
  readonly accept: (world: World<Desk>) => void;
  /** Makes a hook at a machine refuse every commit. */
  readonly refuseCommits: (machine: Desk) => void;
  /** Makes the hub forget its last commit, or all of its branch. */
  readonly takeBack: (world: World<Desk>, what: 'last' | 'branch') => void;
  /** Makes the hub forget what a machine has set aside there, as a person does who tidies up. */
  readonly takeBackAside: (world: World<Desk>, machine: string) => void;
};

const asGit = (machine: Desk): Machine => machineAt(machine.top, machine.name);
const asHg = (machine: Desk): HgMachine => hgMachineAt(machine.top, machine.name);

/** git. */
export const gitHarness: VcsHarness = {
  name: 'git',
  createWorld,
  machineAt,
  create: (folder) => void git(dirname(folder), 'init', '-q', '-b', 'main', '--', folder),
  createHub: (folder) => void git(dirname(folder), 'init', '-q', '--bare', '-b', 'main', '--', folder),
  knowHubs: (machine, hubs) => {
    const { git: run } = asGit(machine);
    for (const name of run('remote').split('\n').filter(Boolean)) run('remote', 'remove', name);
    for (const [name, url] of Object.entries(hubs)) run('remote', 'add', name, url);
  },
  hubName: 'origin',
  protocols: ['git', 'http'],
  cannotHold: /(?!)/,
  ignore: ({ top }, ...rules) => {
    mkdirSync(join(top, '.git/info'), { recursive: true });
    writeFileSync(join(top, '.git/info/exclude'), `${rules.join('\n')}\n`);
  },
  refuse: ({ hub }, words) => {
    const hook = join(hub, 'hooks/pre-receive');
    writeFileSync(hook, `#!/bin/sh\necho "${words}" >&2\nexit 1\n`);
    chmodSync(hook, 0o755);
  },
  accept: ({ hub }) => rmSync(join(hub, 'hooks/pre-receive')),
  refuseCommits: ({ top }) => {
    mkdirSync(join(top, '.git/hooks'), { recursive: true });
    writeFileSync(join(top, '.git/hooks/pre-commit'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  },
  takeBack: ({ hub }, what) =>
    void (what === 'last'
      ? git(hub, 'update-ref', 'refs/heads/main', 'main~1')
      : git(hub, 'update-ref', '-d', 'refs/heads/main')),
  takeBackAside: ({ hub }, machine) => void git(hub, 'branch', '-q', '-D', `autosync/${machine}/main`),
};

/** Mercurial. */
export const hgHarness: VcsHarness = {
  name: 'hg',
  createWorld: createHgWorld,
  machineAt: hgMachineAt,
  create: (folder) => void hg(dirname(folder), 'init', '--', folder),
  createHub: (folder) => void hg(dirname(folder), 'init', '--', folder),
  knowHubs: ({ top }, hubs) => {
    const lines = Object.entries(hubs).map(([name, url]) => `${name} = ${url}\n`);
    writeFileSync(join(top, '.hg/hgrc'), `[paths]\n${lines.join('')}`);
  },
  hubName: 'default',
  protocols: ['http'],
  cannotHold: /[\r\n]/,
  ignore: (machine, ...rules) => {
    writeFileSync(join(machine.top, '.hg/ignore'), `syntax: glob\n${rules.join('\n')}\n`);
    const { hg: run } = asHg(machine);
    const url = run('paths', 'default');
    writeFileSync(join(machine.top, '.hg/hgrc'), `[paths]\ndefault = ${url}\n[ui]\nignore = .hg/ignore\n`);
  },
  refuse: ({ hub }, words) =>
    writeFileSync(join(hub, '.hg/hgrc'), `[hooks]\npretxnchangegroup = echo '${words}' >&2; exit 1\n`),
  accept: ({ hub }) => rmSync(join(hub, '.hg/hgrc')),
  refuseCommits: ({ top }) => appendFileSync(join(top, '.hg/hgrc'), '[hooks]\npretxncommit.no = false\n'),
  takeBack: ({ hub }, what) => {
    const revisions = what === 'last' ? 'tip' : 'all()';
    hg(hub, '--config', 'extensions.strip=', 'strip', '-q', '--no-backup', '-r', revisions);
  },
  takeBackAside: ({ hub }, machine) => void hg(hub, 'bookmark', '-q', '--delete', `autosync/${machine}/default`),
};

/** Every version control system that autosync knows. */
export const HARNESSES: readonly VcsHarness[] = [gitHarness, hgHarness];
