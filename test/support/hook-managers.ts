import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LEFTHOOK } from '../../scripts/steps/programs.js';
import { HOOK_EVENTS, type HookEvent } from '../../src/hooks/hook-installer.js';
import { git } from './world.js';

/** A working tree that a tool keeps hooks in, and the file in which these say that they ran. */
export type HookPlace = { readonly top: string; readonly said: string };

/** A tool, or a habit, through which people have hooks. */
export type HookManager = {
  readonly name: string;
  /** The program that the tests need for it. */
  readonly program?: string;
  /** Makes the working tree, from a clone of the hub; by default that clone is it. */
  readonly place?: (clone: string) => string;
  /** What belongs to the repository itself, before any hook is there: files that are committed. */
  readonly files?: (place: HookPlace) => Readonly<Record<string, string>>;
  /** Installs the hooks, and does the same again: what a person, or their package manager, types. */
  readonly install: (place: HookPlace) => void;
  /** Takes the hooks back; for those who have a command for that. */
  readonly uninstall?: (place: HookPlace) => void;
  /** The events that it has hooks for; by default all. */
  readonly events?: readonly HookEvent[];
  /** Counts how often its hook ran, in what was said and in git's trace; by default its lines in `said`. */
  readonly ran?: (event: HookEvent, output: { readonly said: string; readonly trace: string }) => number;
  /** Why no script of ours may be in its hooks folder: then only a git that runs configured hooks calls us. */
  readonly leftAlone?: RegExp;
  /** What it says instead of installing its hooks where scripts of ours alone stand already. */
  readonly refuses?: RegExp;
  /** What it then advises to do. */
  readonly insist?: (place: HookPlace) => void;
};

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Runs a tool as a person does. */
function run(cwd: string, program: string, ...args: readonly string[]): void {
  const result = spawnSync(program, args, { cwd, encoding: 'utf8', timeout: 240_000 });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.stdout}${result.stderr}`);
}

const shell = (said: string, event: HookEvent): string => `#!/bin/sh\necho ${event} >>'${said}'\n`;

const python = (said: string, event: HookEvent): string =>
  `#!/usr/bin/env python3\nwith open('${said}', 'a') as file:\n    file.write('${event}\\n')\n`;

/** Writes a script for each event into a folder. */
function writeScripts(folder: string, { said }: HookPlace, script = shell): void {
  mkdirSync(folder, { recursive: true });
  for (const event of HOOK_EVENTS) {
    const path = join(folder, event);
    rmSync(path, { force: true });
    writeFileSync(path, script(said, event), { mode: 0o755 });
  }
}

/** Where git looks for hooks by default, in whatever kind of working tree. */
const ownHooks = (top: string): string =>
  join(git(top, 'rev-parse', '--path-format=absolute', '--git-common-dir'), 'hooks');

const lefthookConfig = ({ said }: HookPlace): string =>
  HOOK_EVENTS.map((event) => `${event}:\n  commands:\n    say:\n      run: echo ${event} >>'${said}'\n`).join('');

const preCommitConfig = ({ said }: HookPlace): string =>
  `repos:\n- repo: local\n  hooks:\n${HOOK_EVENTS.map(
    (event) => `  - id: say-${event}
    name: say
    language: system
    entry: sh -c "echo ${event} >>'${said}'"
    stages: [${event}]
    always_run: true
    pass_filenames: false
`,
  ).join('')}`;

const PRE_COMMIT_TYPES = HOOK_EVENTS.flatMap((event) => ['-t', event]);

function linkedWorktree(clone: string): string {
  const top = join(dirname(clone), 'linked');
  git(clone, 'worktree', 'add', '-q', '-b', 'linked', top);
  git(top, 'push', '-q', '-u', 'origin', 'linked');
  return top;
}

function submodule(clone: string): string {
  const outer = join(dirname(clone), 'outer');
  git(dirname(clone), 'init', '-q', outer);
  const hub = git(clone, 'remote', 'get-url', 'origin');
  git(outer, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', hub, 'inner');
  return join(outer, 'inner');
}

/** Tells of the hooks folder outside of all repositories that the person's own configuration names. */
export const sharedHooks = (): string => join(process.env['HOME'] ?? '', 'my-hooks');

/** What people have; the order of the page. */
export const HOOK_MANAGERS: readonly HookManager[] = [
  { name: 'no hooks', install: () => {}, events: [] },
  { name: 'scripts for sh', install: (place) => writeScripts(ownHooks(place.top), place) },
  {
    name: 'scripts for Python',
    program: 'python3',
    install: (place) => writeScripts(ownHooks(place.top), place, python),
  },
  {
    name: 'husky 9',
    files: ({ said }) => Object.fromEntries(HOOK_EVENTS.map((event) => [`.husky/${event}`, shell(said, event)])),
    install: ({ top }) => run(top, process.execPath, join(PACKAGES, 'husky', 'bin.js')),
    // husky 9 has no command for it; this is what its documentation says.
    uninstall: ({ top }) => run(top, 'git', 'config', '--unset', 'core.hooksPath'),
  },
  {
    name: 'lefthook 2',
    program: 'lefthook',
    files: (place) => ({ 'lefthook.yml': lefthookConfig(place) }),
    install: ({ top }) => run(top, LEFTHOOK, 'install'),
    uninstall: ({ top }) => run(top, LEFTHOOK, 'uninstall'),
  },
  {
    name: 'pre-commit',
    program: 'pre-commit',
    files: (place) => ({ '.pre-commit-config.yaml': preCommitConfig(place) }),
    install: ({ top }) => run(top, 'pre-commit', 'install', ...PRE_COMMIT_TYPES),
    uninstall: ({ top }) => run(top, 'pre-commit', 'uninstall', ...PRE_COMMIT_TYPES),
  },
  {
    name: 'Git LFS',
    program: 'git-lfs',
    files: () => ({ '.gitattributes': '*.psd filter=lfs diff=lfs merge=lfs -text\n' }),
    install: ({ top }) => run(top, 'git', 'lfs', 'install', '--local'),
    uninstall: ({ top }) => run(top, 'git', 'lfs', 'uninstall', '--local'),
    events: ['post-commit', 'post-merge'],
    refuses: /Hook already exists/,
    insist: ({ top }) => run(top, 'git', 'lfs', 'update', '--force'),
    ran: (event, { trace }) => trace.split(`exec: git-lfs ${event}`).length - 1,
  },
  {
    name: '`core.hooksPath`, a folder for all repositories',
    install: (place) => {
      writeScripts(sharedHooks(), place);
      git(place.top, 'config', '--global', 'core.hooksPath', sharedHooks());
    },
    leftAlone: /outside the repository/,
  },
  {
    name: '`core.hooksPath`, a tracked folder',
    files: ({ said }) => Object.fromEntries(HOOK_EVENTS.map((event) => [`hooks/${event}`, shell(said, event)])),
    install: ({ top }) => git(top, 'config', 'core.hooksPath', 'hooks'),
    leftAlone: /part of the working tree/,
  },
  {
    name: 'scripts for sh, in a linked worktree',
    place: linkedWorktree,
    install: (place) => writeScripts(ownHooks(place.top), place),
  },
  {
    name: 'scripts for sh, in a submodule',
    place: submodule,
    install: (place) => writeScripts(ownHooks(place.top), place),
  },
];

/** Reads a file that may not be there yet. */
export const readOrEmpty = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
