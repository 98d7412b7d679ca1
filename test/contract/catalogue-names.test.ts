import { spawnSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHome, type Ended, type Home, PROGRAM, until } from '../support/cli.js';
import { expectConverged } from '../support/oracles.js';
import { createWorld, git, type Machine, machineAt, type World } from '../support/world.js';

let world: World;
let here: Machine;
let there: Machine;

beforeEach(() => {
  world = createWorld('here', 'there');
  [here, there] = world.machines as [Machine, Machine];
});
afterEach(() => world.remove());

/** Names that are special somewhere, each a word of its own in what a test says of it. */
const NAMES: readonly (readonly [string, string])[] = [
  ['newline', 'a\nb'],
  ['newline at its end', 'a\n'],
  ['carriage return', 'a\rb'],
  ['tab', 'a\tb'],
  ['escape', '\u001b[31mred\u001b[0m'],
  ['leading dash', '-rf'],
  ['option', '--upload-pack=touch pwned'],
  ['leading blank', ' a'],
  ['trailing blank', 'a '],
  ['quotes', '"it\'s" `a`'],
  ['backslash', 'a\\nb\\'],
  ['percent', '100% %s%n'],
  ['command', '$(touch pwned)`touch pwned`;touch pwned&'],
  ['variable', '$HOME $IFS {x}'],
  ['colon', 'a:b'],
  ['drive letter', 'C:x'],
  ['reserved by Windows', 'con.txt'],
  ['trailing dot', 'name.'],
  ['glob', '*[a-z]?{a,b}'],
  ['hash', '#a !b'],
  ['tilde', '~root'],
  ['NFC', 'caf\u00e9'],
  ['NFD', 'cafe\u0301'],
  ['emoji', '👩‍👩‍👧 🏳️‍🌈'],
  ['right to left', '\u202etxt.exe \u05d0'],
  ['markup', '<b>&amp;'],
  ['255 bytes', 'x'.repeat(255)],
];

describe('a file named', () => {
  const MORE: readonly (readonly [string, string])[] = [
    ...NAMES,
    ['as git names an object', 'HEAD'],
    ['like a conflict copy', 'a (conflict here 2026-01-01 0123456).txt'],
    ['as the index calls a stage', ':0:README.md'],
    ['bytes that are no text', 'caf\udce9\udcff'],
  ];

  it('any of these goes to the other machine, all in one run, and comes back changed in the next', async () => {
    for (const [what, name] of MORE) {
      here.write(name, `FILE-${what}.\n`);
      if (Buffer.byteLength(name) < 255) here.write(`${name}-folder/${name}`, `INNER-${what}.\n`);
    }
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [] });
    await there.run();
    expect(there.files()).toEqual(here.files());
    for (const [what, name] of MORE) there.write(name, `CHANGED-${what}.\n`);
    await there.run();
    for (const [what, name] of MORE) here.write(name, `MINE-${what}.\n`);
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    await expectConverged(world, {
      tokens: MORE.flatMap(([what]) => [`CHANGED-${what}.`, `MINE-${what}.`]),
    });
    for (const machine of [here, there]) expect(Object.keys(machine.files())).not.toContain('pwned');
  });

  it.each(['.GIT/config', '.git\u200c/config', 'git~1/config', 'a/.Git'])(
    'so that some system takes it for the git folder (%j) is left out, named, and the rest goes on',
    async (path) => {
      here.write(path, '[core]\n');
      here.write('good.txt', 'GOOD\n');
      const report = await here.run();
      expect(report).toMatchObject({
        verdict: 'synced',
        quarantined: [{ path, reason: 'unsupported-name' }],
        commit: { changes: [{ type: 'added', path: 'good.txt' }] },
      });
      expect(here.read(path)).toBe('[core]\n');
    },
  );

  it.each([
    ['case', 'File.txt', 'file.txt'],
    ['normal form', 'caf\u00e9.txt', 'cafe\u0301.txt'],
  ])('like another but for %s: both are kept', async (_what, one, other) => {
    here.write(one, 'ONE\n');
    there.write(other, 'OTHER\n');
    await here.run();
    await expectConverged(world, { tokens: ['ONE', 'OTHER'] });
    expect(Object.keys(here.files()).sort()).toEqual(['README.md', one, other].sort());
  });

  it.each([3600, 3900, 4000])('by a path of %i bytes: it arrives, or is named, and the rest goes on', async (bytes) => {
    const path = longPath(bytes);
    writeDeep(here.top, path, 'DEEP\n');
    here.write('good.txt', 'GOOD\n');
    const sent = await here.run();
    expect(sent.verdict).toBe('synced');
    expect(here.git('show', 'HEAD:good.txt')).toBe('GOOD');
    if (sent.quarantined.length > 0) {
      expect(sent.quarantined).toMatchObject([{ reason: 'unsupported-name' }]);
      return;
    }
    const arrived = await there.run().catch((error: unknown) => ({ verdict: 'failed', why: String(error) }));
    expect(arrived).toMatchObject({ verdict: 'synced' });
    expect(there.read('good.txt')).toBe('GOOD\n');
    expect(there.git('status', '--porcelain')).toBe('');
  });
});

/** Makes a path of some bytes, of folders with long names. */
function longPath(bytes: number): string {
  const parts: string[] = [];
  for (let left = bytes; left > 0; left -= 201) parts.push('d'.repeat(Math.min(200, left)));
  return parts.join('/').slice(0, bytes).replace(/\/$/, 'd');
}

/** Writes a file whose absolute path no system call takes: step by step, as a person's programs do. */
function writeDeep(top: string, path: string, content: string): void {
  const script =
    'IFS=/; set -- $1; while [ $# -gt 1 ]; do mkdir -p "$1" && cd "$1" || exit 1; shift; done; printf %s "$0" >"$1"';
  const ended = spawnSync('sh', ['-c', script, content, path], { cwd: top });
  expect(ended.status).toBe(0);
}

describe('a repository in a folder named', () => {
  let home: Home;

  beforeEach(() => {
    home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'strange');
  });

  /** What uninstalling must leave as it was: hooks and configuration, byte for byte. */
  function picture(top: string): Record<string, string> {
    const found: Record<string, string> = { config: readFileSync(join(top, '.git/config'), 'latin1') };
    const hooks = join(top, '.git/hooks');
    for (const name of readdirSync(hooks)) {
      const path = join(hooks, name);
      found[name] = `${lstatSync(path).mode} ${readFileSync(path, 'latin1')}`;
    }
    return found;
  }

  /** Calls the launcher as a scheduler does: with nothing of a session. */
  function launch(): Ended {
    const launcher = join(home.folder, '.local/share/autosync/run');
    const env = { HOME: home.folder, PATH: '/usr/bin:/bin', GIT_CONFIG_NOSYSTEM: '1' };
    const { status, stdout, stderr } = spawnSync(launcher, ['snapshot', '--due'], {
      cwd: '/',
      env,
      encoding: 'utf8',
      timeout: 240_000,
    });
    return { code: status, out: stdout, err: stderr };
  }

  it('any of these is installed, run by the launcher, and taken back byte for byte, all on one machine', {
    timeout: 900_000,
  }, async () => {
    const names = NAMES.map(([, name]) => name);
    const strange = names.map((name) => machineAt(join(world.folder, name), 'strange'));
    const hubs = names.map((_, at) => `${world.hub}-${at}`);
    there.write('theirs.txt', 'THEIRS\n');
    await there.run();
    for (const [at, { top, git: tell }] of strange.entries()) {
      cpSync(world.hub, hubs[at] ?? '', { recursive: true });
      cpSync(here.top, top, { recursive: true, preserveTimestamps: true });
      tell('remote', 'set-url', 'origin', hubs[at] ?? '');
    }
    const before = strange.map(({ top }) => picture(top));
    const installed = home.autosyncIn(world.folder, 'install', '--scheduler', 'none', '--every', '1m', '--', ...names);
    expect(installed).toMatchObject({ code: 0 });
    for (const machine of strange) {
      machine.write('by-hand.txt', 'HAND\n');
      machine.git('add', '.');
      machine.git('commit', '-q', '-m', 'by hand');
      machine.write('mine.txt', 'MINE\n');
    }
    const requests = join(home.folder, '.local/state/autosync/spool');
    mkdirSync(requests, { recursive: true });
    // The hooks have started runs of their own, which may hold a lock when the launcher comes.
    const isThere = (): boolean =>
      strange.every(({ git: ask }, at) => ask('rev-parse', 'HEAD') === git(hubs[at] ?? '', 'rev-parse', 'main'));
    const synchronise = (): boolean => {
      for (const [at, { top }] of strange.entries()) {
        writeFileSync(join(requests, `${at + 1}-1.request`), `post-commit\n${top}`);
      }
      expect(launch()).toMatchObject({ out: '', err: '' });
      return strange.every((machine) => machine.has('theirs.txt') && machine.git('status', '--porcelain') === '');
    };
    await until('the launcher has synchronised them all', () => synchronise() && isThere(), 600_000);
    const { repos } = JSON.parse(home.autosyncIn(world.folder, 'status', '--json', '--', ...names).out);
    expect(repos.map(({ path }: { path: string }) => path).sort()).toEqual(strange.map(({ top }) => top).sort());
    expect(new Set(repos.map(({ verdict }: { verdict: string }) => verdict))).toEqual(new Set(['synced']));
    for (const machine of strange) {
      expect(Object.keys(machine.files()).sort()).toEqual(['README.md', 'by-hand.txt', 'mine.txt', 'theirs.txt']);
    }
    const shown = home.autosyncIn(world.folder, 'status');
    for (const control of ['\u001b', '\u202e', '\r']) expect(shown.out).not.toContain(control);
    expect(home.autosyncIn(world.folder, 'uninstall', '--', ...names)).toMatchObject({ code: 0 });
    expect(strange.map(({ top }) => picture(top))).toEqual(before);
    expect(readdirSync(world.folder)).not.toContain('pwned');
  });

  it('bytes that are no text is refused with the way out, and nothing is written', () => {
    const script = 'd=$(printf "caf\\351"); mv here "$d" && cd "$d" && exec "$0" "$1" install --scheduler none .';
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, PROGRAM], {
      cwd: world.folder,
      env: home.env,
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(status).toBe(2);
    expect(stderr).toContain('rename the folder');
    expect(readdirSync(join(home.folder, '.config/autosync'))).toEqual(['config.toml']);
  });
});

describe('a branch named', () => {
  it.each(['-x', '--force', 'a%b', "it's", 'a/b/c', 'ünï', '👩', '$(x)', 'a"b', '@', 'x'.repeat(200)])(
    '%j is kept under its name at the hub',
    async (branch) => {
      here.git('update-ref', `refs/heads/${branch}`, 'HEAD');
      here.git('symbolic-ref', 'HEAD', `refs/heads/${branch}`);
      here.write('a.txt', 'MINE\n');
      expect(await here.run()).toMatchObject({ verdict: 'synced', branch });
      expect(git(world.hub, 'for-each-ref', '--format=%(refname)')).toContain(`refs/heads/${branch}`);
      expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'nothing-to-push' } });
    },
  );
});
