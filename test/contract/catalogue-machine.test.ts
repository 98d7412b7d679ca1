import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asAbsolute } from '../../src/model/paths.js';
import { repoId } from '../../src/store/registry.js';
import { createHome, type Ended, type Home, PROGRAM } from '../support/cli.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';
import { runAsNobody } from '../support/run-as.js';
import { createWorld, git, type Machine, type World } from '../support/world.js';

let world: World;
let here: Machine;
let there: Machine;
let home: Home;

beforeEach(() => {
  world = createWorld('here', 'there');
  [here, there] = world.machines as [Machine, Machine];
  home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'here');
});
afterEach(() => world.remove());

/** Runs the program in an environment of its own, below a umask. */
function run(env: NodeJS.ProcessEnv, args: readonly string[], umask = '022'): Ended {
  const { status, stdout, stderr } = spawnSync(
    '/bin/sh',
    ['-c', `umask ${umask}; exec "$0" "$@"`, process.execPath, PROGRAM, ...args],
    { cwd: '/', env, encoding: 'utf8', timeout: 280_000 },
  );
  return { code: status, out: stdout, err: stderr };
}

/** The verdict and reason of the only repository that a run has told of. */
const told = ({ out }: Ended): unknown => JSON.parse(out).repos[0];

describe('an environment', () => {
  const without = (name: string): NodeJS.ProcessEnv =>
    Object.fromEntries(Object.entries(home.env).filter(([key]) => key !== name));

  const ENVIRONMENTS: readonly (readonly [string, () => NodeJS.ProcessEnv])[] = [
    ['without PATH', () => without('PATH')],
    ['with a TMPDIR that is not there', () => ({ ...home.env, TMPDIR: '/nowhere/at/all' })],
    ['with a German locale', () => ({ ...home.env, LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8', LANGUAGE: 'de' })],
    ['with a Turkish locale', () => ({ ...home.env, LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', LANGUAGE: 'tr' })],
    ['with a locale that does not exist', () => ({ ...home.env, LC_ALL: 'xx_YY' })],
    ["with another repository's variables", () => ({ ...home.env, GIT_DIR: '/nowhere', GIT_INDEX_FILE: '/nowhere' })],
    ['with nothing but HOME', () => ({ HOME: home.folder })],
  ];

  it.each(ENVIRONMENTS)('%s is enough for a run', async (_what, env) => {
    here.write('ISTANBUL.txt', 'MINE\n');
    there.write('ıİ.txt', 'THEIRS\n');
    await there.run();
    const ended = run(env(), ['snapshot', '--json', here.top]);
    expect(ended).toMatchObject({ code: 0 });
    expect(told(ended)).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    await expectConverged(world, { tokens: ['MINE', 'THEIRS'] });
  });

  it('without HOME leads to the home of the password database, and the run is told as it is', () => {
    here.write('a.txt', 'MINE\n');
    // The real home must not be written to: only what is looked at may come from there.
    const ended = run({ ...without('HOME'), XDG_STATE_HOME: join(home.folder, 's') }, ['snapshot', '--json', here.top]);
    expect(ended).toMatchObject({ code: 0 });
    expect(told(ended)).toMatchObject({ verdict: 'synced' });
  });

  it.each([
    ['077', 0o600],
    ['000', 0o666],
  ])('with the umask %s makes files as that says, and none of its own for others to read', async (umask, mode) => {
    there.write('new/theirs.txt', 'THEIRS\n');
    await there.run();
    expect(run(home.env, ['install', '--scheduler', 'none', here.top], umask).code).toBe(0);
    expect(run(home.env, ['snapshot', here.top], umask)).toMatchObject({ code: 0 });
    expect(lstatSync(join(here.top, 'new/theirs.txt')).mode & 0o777).toBe(mode);
    for (const path of ['.local/state/autosync', '.config/autosync/repos', '.local/share/autosync']) {
      expect([path, lstatSync(join(home.folder, path)).mode & 0o077]).toEqual([path, 0]);
    }
    expect(lstatSync(join(here.top, '.git/autosync')).mode & 0o077).toBe(0);
  });

  it('without an identity commits all the same, and says whose commit it is', () => {
    writeFileSync(join(home.folder, '.gitconfig'), '[user]\n\tuseConfigOnly = true\n');
    here.write('a.txt', 'MINE\n');
    expect(told(run(home.env, ['snapshot', '--json', here.top]))).toMatchObject({ verdict: 'synced' });
    expect(here.git('log', '-1', '--format=%an|%ae')).toMatch(/^.+\|.+$/);
    expect(git(world.hub, 'show', 'main:a.txt')).toBe('MINE');
  });
});

describe.skipIf(!needs('useradd as root'))('an ordinary user', () => {
  it('runs in his own repository', () => {
    here.write('a.txt', 'MINE\n');
    expect(runAsNobody(world, here)).toMatchObject({ verdict: 'synced' });
  });

  it("is refused in another user's repository, with the command that trusts it, and nothing is touched", () => {
    here.write('a.txt', 'MINE\n');
    execFileSync('chown', ['-R', 'nobody', here.top]);
    const head = here.git('-c', `safe.directory=${here.top}`, 'rev-parse', '--git-dir');
    expect(head).toBe('.git');
    const ended = run(home.env, ['snapshot', here.top]);
    expect(ended.code).toBe(1);
    expect(ended.err).toContain('safe.directory');
    expect(() => lstatSync(join(here.top, '.git/autosync'))).toThrow();
    expect(git(world.hub, 'log', '--format=%s', 'main')).toBe('first');
  });
});

describe('a home', () => {
  it('whose state folder cannot be written is told, and the work is synchronised all the same', () => {
    expect(home.autosync('install', here.top, '--scheduler', 'none')).toMatchObject({ code: 0 });
    const state = join(home.folder, '.local/state/autosync');
    // A file in its place: even root cannot write there.
    rmSync(state, { recursive: true });
    writeFileSync(state, 'not a folder\n');
    here.write('a.txt', 'MINE\n');
    const ended = run(home.env, ['snapshot', '--json', here.top]);
    expect(ended.code).not.toBe(70);
    expect(`${ended.out}${ended.err}`).toContain(state);
    expect(readFileSync(state, 'utf8')).toBe('not a folder\n');
    expect(here.read('a.txt')).toBe('MINE\n');
  });
});

describe('many repositories', () => {
  it('30 in one run: those that are gone or broken are named, and all others are synchronised', () => {
    const folder = join(world.folder, 'many');
    mkdirSync(folder);
    const tops = Array.from({ length: 30 }, (_, n) => join(folder, `r${n}`));
    for (const top of tops) cpSync(here.top, top, { recursive: true });
    expect(home.autosync('install', '--scheduler', 'none', '--no-hooks', here.top)).toMatchObject({ code: 0 });
    const repos = join(home.folder, '.config/autosync/repos');
    const text = readFileSync(join(repos, `${repoId(asAbsolute(here.top))}.toml`), 'utf8');
    for (const top of tops) {
      writeFileSync(join(repos, `${repoId(asAbsolute(top))}.toml`), text.replace(here.top, top), { mode: 0o600 });
    }
    rmSync(join(folder, 'r7'), { recursive: true });
    writeFileSync(join(folder, 'r8/.git/HEAD'), 'nonsense\n');
    writeFileSync(join(folder, 'r29/last.txt'), 'LAST\n');
    chmodSync(folder, 0o755);
    const ended = run(home.env, ['snapshot', '--all', '--json']);
    expect(ended.code).toBe(3);
    const found = new Map(JSON.parse(ended.out).repos.map((repo: { path: string }) => [repo.path, repo]));
    expect(found.size).toBe(31);
    expect(found.get(join(folder, 'r7'))).toMatchObject({ verdict: 'blocked', blocked: { kind: 'missing' } });
    expect(found.get(join(folder, 'r8'))).toMatchObject({ verdict: 'failed' });
    const others = [...found.values()].filter((repo) => (repo as { verdict: string }).verdict === 'synced');
    expect(others).toHaveLength(29);
    expect(git(world.hub, 'show', 'main:last.txt')).toBe('LAST');
  }, 300_000);
});
