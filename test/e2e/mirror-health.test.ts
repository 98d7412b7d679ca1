import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createHome, type Home } from '../support/cli.js';
import { hg } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { git } from '../support/world.js';

let home: Home;
let source: string;
let destination: string;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'mirror-'));
  home = createHome(join(folder, 'home'), 'laptop');
  [source, destination] = [join(folder, 'project'), join(folder, 'git.git')];
  hg(folder, 'init', source);
  git(folder, 'init', '-q', '--bare', '-b', 'main', destination);
  commit('a');
});

function commit(name: string): void {
  writeFileSync(join(source, name), `${name}\n`);
  hg(source, 'commit', '-q', '-A', '-m', `about ${name}`);
}

const add = (...args: readonly string[]): number | null =>
  home.autosync('mirror', 'add', source, destination, '--scheduler', 'none', ...args).code;

const run = (): number | null => home.autosync('mirror', 'run').code;

const loseGit = (): void => renameSync(destination, `${destination}.away`);
const findGit = (): void => renameSync(`${destination}.away`, destination);

describe.skipIf(!needs('hg'))('status', () => {
  it('has a row for each mirror, after the repositories', () => {
    add('--trigger', 'none');
    commit('b');
    expect(JSON.parse(home.autosync('status', '--json').out)).toMatchObject({
      repos: [],
      mirrors: [{ name: 'project', source, destination, verdict: 'mirrored', lag: 1, lastError: null }],
    });
    loseGit();
    run();
    const { out } = home.autosync('status');
    expect(out).toMatch(/^project .* attention .* 1 +you$/m);
    expect(out).toMatch(/^project: the destination is unavailable \(not-found\)/m);
    expect(out).not.toContain('no repository is installed');
    // Of another place nothing is known.
    destination = `${destination}.other`;
    git(join(source, '..'), 'init', '-q', '--bare', destination);
    rmSync(join(destination, 'HEAD'));
    expect(add('--trigger', 'none')).toBe(1);
    expect(JSON.parse(home.autosync('mirror', 'list', '--json').out).mirrors).toMatchObject([{ lag: 2 }]);
  });
});

type Check = {
  readonly mirror: string | null;
  readonly check: string;
  readonly result: string;
  readonly mend?: string;
};

describe.skipIf(!needs('hg'))('doctor', () => {
  /** What is said of the mirror: each check with its result. */
  function checks(...args: readonly string[]): Record<string, string> {
    const rows: readonly Check[] = JSON.parse(home.autosync('doctor', '--json', ...args).out).checks;
    return Object.fromEntries(rows.filter(({ mirror }) => mirror !== null).map(({ check, result }) => [check, result]));
  }

  it('finds nothing wrong with a mirror that is well', () => {
    add('--trigger', 'hook', '--trigger', 'webhook');
    const { out } = home.autosync('doctor');
    expect(out).toMatch(/^mirror project +destination +ok +reached, and it takes pushes$/m);
    expect(out).toMatch(/^mirror project +hooks +ok /m);
    expect(out).toMatch(/^mirror project +webhook +warning +no route rings for it → /m);
    expect(checks()).toEqual({
      source: 'ok',
      destination: 'ok',
      hooks: 'ok',
      webhook: 'warning',
      'last success': 'ok',
      lag: 'ok',
    });
  });

  it('says what is wrong, and puts the hooks back', () => {
    add('--trigger', 'hook');
    rmSync(join(source, '.hg', 'hgrc'));
    loseGit();
    commit('b');
    expect(run()).toBe(1);
    rmSync(join(source, '.hg', 'hgrc'));
    expect(checks()).toMatchObject({
      source: 'ok',
      destination: 'error',
      hooks: 'warning',
      'last success': 'warning',
      lag: 'warning',
    });
    home.autosync('doctor', '--fix');
    expect(checks()).toMatchObject({ hooks: 'ok', destination: 'error' });
    findGit();
    renameSync(source, `${source}.away`);
    expect(checks()).toMatchObject({ source: 'error', destination: 'ok' });
  });
});

describe.skipIf(!needs('hg'))('a trouble of a mirror', () => {
  /** What was heard: of each notification its event and its title. */
  function heard(): readonly string[] {
    const file = join(home.folder, 'heard');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    return lines.map((line) => JSON.parse(line)).map(({ event, title }) => `${event}: ${title}`);
  }

  beforeEach(() => {
    const listener = join(home.folder, 'listener');
    writeFileSync(listener, '#!/bin/sh\n[ ! -e "$HOME/deaf" ] && cat >>"$HOME/heard"\n', { mode: 0o755 });
    appendFileSync(join(home.folder, '.config/autosync/config.toml'), `notify-command = ["${listener}"]\n`);
    add('--trigger', 'none');
  });

  it('is announced once when it begins and once when it is over', () => {
    run();
    expect(heard()).toEqual([]);
    loseGit();
    for (const _run of [1, 2]) expect(run()).toBe(1);
    expect(heard()).toEqual(['attention: mirror project: needs you']);
    findGit();
    for (const _run of [1, 2]) expect(run()).toBe(0);
    expect(heard()).toEqual([
      'attention: mirror project: needs you',
      expect.stringMatching(/^recovered: mirror project: in sync again after /),
    ]);
  });

  it('is that the git side moved by itself', () => {
    const ours = git(destination, 'rev-parse', 'main');
    git(destination, 'update-ref', 'refs/heads/main', git(destination, 'commit-tree', '-m', 'there', 'main^{tree}'));
    commit('b');
    for (const _run of [1, 2]) expect(run()).toBe(10);
    expect(heard()).toEqual([expect.stringMatching(/^conflict: mirror project: /)]);
    expect(readFileSync(join(home.folder, 'heard'), 'utf8')).toContain('left alone in git: main');
    git(destination, 'update-ref', 'refs/heads/main', ours);
    expect(run()).toBe(0);
    expect(heard()).toHaveLength(2);
  });

  it('that nobody heard of is told after the next run', () => {
    writeFileSync(join(home.folder, 'deaf'), '');
    loseGit();
    run();
    expect(heard()).toEqual([]);
    rmSync(join(home.folder, 'deaf'));
    for (const _run of [1, 2]) run();
    expect(heard()).toEqual(['attention: mirror project: needs you']);
  });
});
