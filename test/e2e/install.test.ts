import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, until } from '../support/cli.js';
import { createWorld, git, type World } from '../support/world.js';

let world: World;

beforeAll(() => {
  world = createWorld();
});

afterAll(() => world.remove());

/** Everything below a folder: path → mode and bytes. */
function picture(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const mode = (lstatSync(path).mode & 0o7777).toString(8);
    found[path] = entry.isFile() ? `${mode} ${readFileSync(path, 'latin1')}` : mode;
  }
  return found;
}

const withoutStores = (all: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(all).filter(([path]) => !/\.git\/(objects|logs|refs|index|FETCH_HEAD)/.test(path)));

describe('install and then uninstall', () => {
  it.each([
    ['a fresh repository', (): void => {}],
    [
      'a post-commit hook of his own',
      (top: string): void => {
        writeFileSync(join(top, '.git/hooks/post-commit'), '#!/bin/sh\necho mine >> "$HOME/ran"');
        chmodSync(join(top, '.git/hooks/post-commit'), 0o744);
      },
    ],
    ['core.hooksPath in the working tree', (top: string): string => git(top, 'config', 'core.hooksPath', '.githooks')],
    [
      'core.hooksPath outside of it',
      (top: string): void => {
        mkdirSync(`${top}-hooks`);
        writeFileSync(`${top}-hooks/post-commit`, '#!/bin/sh\ntrue\n');
        git(top, 'config', 'core.hooksPath', `${top}-hooks`);
      },
    ],
  ])('with %s leaves hooks folder and git config byte for byte as before', (name, prepare) => {
    const machine = world.add(name.replaceAll(/\W/g, '-'));
    prepare(machine.top);
    const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    const before = { ...picture(home.folder), ...withoutStores(picture(machine.top)) };
    expect(home.autosync('install', machine.top, '--scheduler', 'none')).toMatchObject({ code: 0 });
    const added = `${machine.name}.md`;
    machine.write(added, 'new\n');
    expect(home.autosync('snapshot', machine.top)).toMatchObject({ code: 0 });
    expect(home.autosync('uninstall', machine.top)).toMatchObject({ code: 0 });
    const after = { ...picture(home.folder), ...withoutStores(picture(machine.top)) };
    delete after[join(machine.top, added)];
    const remembered = join(home.folder, '.local', 'state', 'autosync');
    const left = Object.keys(after).filter((path) => !(path in before) && !path.startsWith(remembered));
    const folders = ['.local', '.local/share', '.local/state', '.cache'].map((folder) => join(home.folder, folder));
    expect(left.filter((path) => !folders.includes(path))).toEqual([]);
    for (const [path, content] of Object.entries(before)) expect([path, after[path]]).toEqual([path, content]);
    expect(machine.git('for-each-ref', 'refs/autosync')).toBe('');
  });
});

it('installing twice changes no byte', () => {
  const machine = world.add('again');
  const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
  home.autosync('install', machine.top, '--scheduler', 'none');
  const settled = (): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ ...picture(home.folder), ...withoutStores(picture(machine.top)) }).filter(
        ([path]) => !/\/state\/autosync/.test(path),
      ),
    );
  const before = settled();
  expect(home.autosync('install', machine.top, '--scheduler', 'none')).toMatchObject({ code: 0 });
  expect(settled()).toEqual(before);
});

it('a dry run shows every file and changes nothing', () => {
  const machine = world.add('dry');
  const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
  const before = { ...picture(home.folder), ...picture(machine.top) };
  const { code, out } = home.autosync('install', machine.top, '--scheduler', 'none', '--dry-run', '--json');
  expect(code).toBe(0);
  const paths = JSON.parse(out).files.map((file: { path: string }) => file.path);
  expect(paths).toEqual([
    join(home.folder, '.local/share/autosync/run'),
    expect.stringContaining(join(home.folder, '.config/autosync/repos/dry-')),
    ...['post-commit', 'post-merge', 'post-rewrite'].map((event) => join(machine.top, '.git/hooks', event)),
  ]);
  expect({ ...picture(home.folder), ...picture(machine.top) }).toEqual(before);
});

it('a quoted pattern installs every repository below a folder', () => {
  const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
  for (const name of ['one', 'two/deep']) git(world.folder, 'clone', '-q', world.hub, join(home.folder, 'src', name));
  const { out } = home.autosync('install', 'src/**', '--scheduler', 'none', '--no-hooks', '--json');
  const paths = JSON.parse(out).repos.map((repo: { path: string }) => repo.path);
  expect(paths).toEqual([join(home.folder, 'src/one'), join(home.folder, 'src/two/deep')]);
});

it('clone makes a new folder and installs it', () => {
  const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
  const { code } = home.autosync('clone', world.hub, 'notes', '--scheduler', 'none', '--every', '15m');
  expect(code).toBe(0);
  expect(readFileSync(join(home.folder, 'notes', 'README.md'), 'utf8')).toBe('hello\n');
  const settings = JSON.parse(home.autosync('config', 'notes', 'schedule', '--json').out).settings;
  expect(settings).toMatchObject([{ name: 'schedule', value: 'every 15m', from: 'repository' }]);
});

it('a commit by hand is pushed by the hook, and the hook of the person himself runs too', async () => {
  const machine = world.add('hooked');
  const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
  writeFileSync(join(machine.top, '.git/hooks/post-commit'), '#!/bin/sh\necho mine >> "$HOME/ran"\n', { mode: 0o755 });
  home.autosync('install', machine.top, '--scheduler', 'none');
  const { execFileSync } = await import('node:child_process');
  machine.write('by-hand.md', 'x\n');
  for (const args of [
    ['add', '.'],
    ['commit', '-q', '-m', 'By hand'],
  ])
    execFileSync('git', args, { cwd: machine.top, env: home.env });
  expect(readFileSync(join(home.folder, 'ran'), 'utf8')).toBe('mine\n');
  await until('the hub has the commit', () => git(world.hub, 'log', '-1', '--format=%s', 'main') === 'By hand', 20_000);
});
