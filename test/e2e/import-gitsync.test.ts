import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHome, type Home } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { gitHarness, HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

let worlds: readonly World<Desk>[];
let tops: readonly string[];

beforeAll(() => {
  worlds = HARNESSES.filter(({ name }) => needs(name)).map((vcs) => vcs.createWorld('my notes'));
  tops = worlds.map(({ machines }) => machines[0]?.top ?? '');
});

afterAll(() => {
  for (const world of worlds) world.remove();
});

const newHome = (): Home => createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');

/** Writes GitSync's file where it looks for it itself. */
function configure(home: Home, list: string): string {
  const file = join(home.folder, '.config/gitsync');
  writeFileSync(file, `[gitsync]\nwork_dir=${list}\n`);
  return file;
}

it('installs every repository of the list with the options of install, and leaves the file as it was', () => {
  const home = newHome();
  const file = configure(home, tops.join(' '));
  const before = readFileSync(file);
  const { code, out, err } = home.autosync('import', 'gitsync', '--every', '15m', '--scheduler', 'none');
  expect(err).toContain('stop GitSync itself');
  for (const top of tops) expect(out).toContain(`installed ${top}`);
  const { repos } = JSON.parse(home.autosync('status', '--json').out);
  expect(repos.map(({ path, verdict }: { path: string; verdict: string }) => [path, verdict])).toEqual(
    [...tops].sort().map((top) => [top, 'synced']),
  );
  expect(home.autosync('config', tops[0] ?? '', 'schedule').out).toContain('every 15m');
  expect(readFileSync(file)).toEqual(before);
  expect(code).toBe(0);
});

it('names what cannot be installed, and goes on with the others', () => {
  const home = newHome();
  const world = worlds[0]?.folder ?? '';
  const [plain, lonely, inside] = [join(world, 'plain'), join(world, 'lonely'), join(tops[0] ?? '', 'sub')];
  mkdirSync(plain);
  mkdirSync(inside);
  gitHarness.create(lonely);
  configure(home, ['~/gone', plain, lonely, inside, tops[0], tops[0]].join(', '));
  const { code, out, err } = home.autosync('import', 'gitsync', '--scheduler', 'none', '--json');
  const { repos, leftOut, gitsync } = JSON.parse(out);
  expect(repos).toMatchObject([{ path: tops[0], firstRun: { verdict: 'synced' } }]);
  expect(leftOut).toMatchObject([
    { path: join(home.folder, 'gone'), why: expect.stringContaining('does not exist') },
    { path: plain, why: expect.stringContaining('is not a repository') },
    { path: lonely, why: expect.stringContaining('has no remote') },
    { path: inside, why: expect.stringContaining('only a folder in one') },
  ]);
  for (const { why } of leftOut) expect(err).toContain(why);
  expect(gitsync).toBe(join(home.folder, '.config/gitsync'));
  expect(code).toBe(3);
});

it('shows with --dry-run what it would write, and writes nothing', () => {
  const home = newHome();
  const file = configure(home, tops.join(','));
  const { code, out } = home.autosync('import', 'gitsync', file, '--dry-run', '--scheduler', 'none');
  for (const top of tops) expect(out).toContain(top);
  expect(out).toContain('nothing was changed');
  expect(existsSync(join(home.folder, '.local'))).toBe(false);
  expect(existsSync(join(dirname(file), 'autosync/repos'))).toBe(false);
  expect(code).toBe(0);
});

it.each([
  ['there is none', undefined, 2, 'there is no configuration of GitSync'],
  ['it names no repository', '', 2, "has no 'work_dir'"],
  ['none of them can be installed', '/nowhere/at/all', 1, 'nothing was installed'],
])('says so when %s', (_what, list, code, words) => {
  const home = newHome();
  if (list !== undefined) configure(home, list);
  const file = list === undefined ? [join(home.folder, 'none')] : [];
  expect(home.autosync('import', 'gitsync', ...file)).toMatchObject({ code, err: expect.stringContaining(words) });
});
