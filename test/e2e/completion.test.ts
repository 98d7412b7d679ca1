import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, type Home, PROGRAM } from '../support/cli.js';
import { needs } from '../support/needs.js';
import { openTerminal } from '../support/terminal.js';
import { createWorld, type World } from '../support/world.js';

let world: World;
let home: Home;
let top: string;

beforeAll(() => {
  world = createWorld("my laptop's $notes", 'other');
  top = world.machines[0]?.top ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'home-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'autosync'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
  chmodSync(join(bin, 'autosync'), 0o755);
  home = createHome(folder, 'laptop', `${bin}${delimiter}${process.env['PATH']}`);
  for (const path of [top, world.machines[1]?.top ?? '']) {
    home.autosync('install', path, '--scheduler', 'none', '--no-hooks');
  }
});

afterAll(() => world.remove());

const completed = (...words: readonly string[]): readonly string[] =>
  home
    .autosync('__complete', ...words)
    .out.split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t')[0] ?? '');

const verdicts = (): readonly string[] =>
  JSON.parse(home.autosync('status', '--json').out).repos.map(({ verdict }: { verdict: string }) => verdict);

describe('what may stand where', () => {
  it.each([
    [['sn'], ['snapshot']],
    [
      ['mirror', 'r'],
      ['run', 'remove'],
    ],
    [
      ['install', '--conflict', ''],
      ['keep-both', 'pause', 'prefer-local', 'prefer-remote'],
    ],
    [
      ['snapshot', '--no-pu'],
      ['--no-pull', '--no-push'],
    ],
    [
      ['config', '/some/where', 'max'],
      ['max-conflict-copies', 'max-file-size'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['--v'], ['--version']],
    [['install', '--schedule', ''], []],
    [['nonsense', ''], []],
    [['clone', ''], []],
  ])('after autosync %j: %j', (words, values) => {
    expect(completed(...words)).toEqual(values);
  });

  it('is an installed repository where a repository is wanted, once and again', () => {
    expect(completed('snapshot', '--no-push', join(world.folder, 'my'))).toEqual([top]);
    expect(completed('status', top, join(world.folder, 'o'))).toEqual([world.machines[1]?.top]);
    expect(completed('log', top, '')).toEqual([]);
  });

  it('is nothing, without a word, where settings are wrong', () => {
    const broken = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'x');
    writeFileSync(join(broken.folder, '.config/autosync/config.toml'), 'machine = \n');
    expect(broken.autosync('__complete', 'status', '')).toEqual({ code: 0, out: '', err: '' });
  });
});

it('names the shells that it knows, for one that it does not', () => {
  expect(home.with({ SHELL: '/bin/tcsh' }).autosync('completion')).toMatchObject({
    code: 2,
    err: expect.stringContaining("the shell 'tcsh'"),
  });
});

const SHELLS = [
  { shell: 'bash', args: ['--norc', '--noprofile', '-i'], setUp: 'eval "$(autosync completion bash)"' },
  {
    shell: 'zsh',
    args: ['-f', '-i'],
    setUp: 'autoload -Uz compinit; compinit -u -D; eval "$(autosync completion zsh)"',
  },
  { shell: 'fish', args: ['--no-config', '-i'], setUp: 'autosync completion fish | source' },
];

describe.each(SHELLS.filter(({ shell }) => needs('tmux') && needs(shell)))(
  'in a real $shell',
  ({ shell, args, setUp }) => {
    it('completes a command, an option, and a path with blanks, quotes and dollars', async () => {
      const terminal = openTerminal([shell, ...args], { ...home.env, TERM: 'xterm' }, home.folder);
      try {
        // What is typed before the shell asks for it may be lost on one that first asks its terminal what it is.
        await terminal.shows(/\S/);
        terminal.type(`${setUp}; echo rea''dy`, 'Enter');
        await terminal.shows(/^ready/m);
        terminal.type('autosync pau', 'Tab');
        await terminal.shows(/autosync pause\s*$/);
        terminal.type(`${world.folder}/my\\ l`, 'Tab');
        await terminal.shows(/laptop.+notes/);
        terminal.type('', 'Enter');
        await terminal.shows(/^paused .*my laptop's \$notes until resumed/m);
        expect(verdicts().filter((verdict) => verdict === 'paused')).toHaveLength(1);
        terminal.type('autosync resume --al', 'Tab', 'Enter');
        await terminal.shows(/^resumed .*\$notes/m);
        expect(verdicts()).not.toContain('paused');
      } finally {
        terminal.end();
      }
    });
  },
);
