import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, type Home } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { gitHarness, HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const SYSTEMS = HARNESSES.filter(({ name }) => needs(name));

const newHome = (): Home => createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');

describe('wrong usage gets a clear error and exit code 2', () => {
  it.each([
    [['frobnicate'], /frobnicate/],
    [[], /no command is given/],
    [['install', '--frob', '.'], /frob/i],
    [['install', 'nowhere'], /nowhere' does not exist/],
    [['install', '.', '--schedule', '0 25 * * *'], /field 2 \(hour\) '25' is not in 0-23/],
    [['install', '.', '--schedule', '* * * *'], /4 fields|five fields|5 fields/],
    [['install', '.', '--schedule', '@reboot'], /reboot/],
    [['install', '.', '--every', '5'], /unit/],
    [['install', '.', '--every', '5m', '--schedule', '@daily'], /exclude each other/],
    [['install', '.', '--conflict', 'ours'], /conflict/],
    [['clone', 'x', '--vcs', 'svn'], /vcs/],
    [['uninstall'], /--all/],
    [['uninstall', 'x', '--all'], /--all/],
    [['snapshot', '--due', '--all'], /--due/],
    [['pause', '.', '--for', 'soon'], /soon/],
    [['log', '-n', 'many'], /whole number/],
    [['status', 'nowhere'], /not an installed repository/],
  ])('autosync %j', (args, words) => {
    const { code, err } = newHome().autosync(...args);
    expect(err).toMatch(words);
    expect(err).not.toMatch(/at .*\.js:\d+/);
    expect(code).toBe(2);
  });
});

/** Tries to install a folder, and expects that nothing is written. */
function refused(path: string): { readonly code: number | null; readonly err: string } {
  const fresh = newHome();
  const { code, err } = fresh.autosync('install', path, '--scheduler', 'none');
  expect(existsSync(join(fresh.folder, '.local'))).toBe(false);
  return { code, err };
}

describe('a folder that cannot be installed is refused with the way out, and nothing is written', () => {
  it('because it is no repository', () => {
    const folder = mkdtempSync(join(tmpdir(), 'plain-'));
    expect(refused(folder)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/is not a repository\n {2}git init .*hg init/),
    });
  });

  it('because it is a bare repository', () => {
    expect(refused(gitHarness.createWorld('laptop').hub)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/is a bare repository/),
    });
  });
});

describe.each(SYSTEMS)('$name', (vcs) => {
  let world: World<Desk>;
  let repo: string;

  beforeAll(() => {
    world = vcs.createWorld('laptop');
    repo = world.machines[0]?.top ?? '';
  });

  afterAll(() => world.remove());

  describe('a repository that cannot be installed is refused with the way out, and nothing is written', () => {
    it('because it has no remote', () => {
      const lonely = join(world.folder, 'lonely');
      vcs.create(lonely);
      expect(refused(lonely)).toMatchObject({
        code: 2,
        err: expect.stringMatching(/has no remote[\s\S]*(remote add origin|\[paths\])/),
      });
    });

    it('because it does not have the remote that was named', () => {
      const { code, err } = newHome().autosync('install', repo, '--remote', 'backup');
      expect(err).toMatch(new RegExp(`has no remote 'backup'\\n {2}it has: ${vcs.hubName}`));
      expect(code).toBe(2);
    });
  });

  describe('a configuration with a typo names file, line and key', () => {
    it('in config.toml, for every command', () => {
      const fresh = newHome();
      const file = join(fresh.folder, '.config', 'autosync', 'config.toml');
      writeFileSync(file, 'machine = "laptop"\nconflikt = "pause"\n');
      const { code, err } = fresh.autosync('snapshot', repo);
      expect(err).toContain(`${file}:2: unknown key 'conflikt'`);
      expect(err).toContain("'conflict'");
      expect(code).toBe(1);
    });

    it("in one repository's file, and the others go on", () => {
      const fresh = newHome();
      const other = world.add('other').top;
      fresh.autosync('install', repo, '--scheduler', 'none', '--no-hooks');
      const { out } = fresh.autosync('install', other, '--scheduler', 'none', '--no-hooks', '--json');
      const { id } = JSON.parse(out).repos[0];
      const file = join(fresh.folder, '.config', 'autosync', 'repos', `${id}.toml`);
      writeFileSync(file, 'path = 5\n');
      const { err, out: ran } = fresh.autosync('snapshot', '--all', '--json');
      expect(err).toContain(`${file}:1`);
      expect(JSON.parse(ran).repos.map((report: { path: string }) => report.path)).toEqual([repo]);
    });
  });

  describe('a repository that was moved or deleted after install', () => {
    it('is named with what to do, and the others go on', () => {
      const fresh = newHome();
      const gone = world.add('gone').top;
      const moved = world.add('moved').top;
      for (const path of [repo, gone, moved]) fresh.autosync('install', path, '--scheduler', 'none', '--no-hooks');
      rmSync(gone, { recursive: true });
      renameSync(moved, `${moved}-elsewhere`);
      mkdirSync(moved);
      const { code, out } = fresh.autosync('snapshot', '--all', '--json');
      const verdicts = new Map(JSON.parse(out).repos.map((report: { path: string }) => [report.path, report]));
      expect(verdicts.get(gone)).toMatchObject({ verdict: 'blocked', blocked: { kind: 'missing' } });
      expect(verdicts.get(moved)).toMatchObject({ verdict: 'failed' });
      expect(verdicts.get(repo)).toMatchObject({ verdict: 'synced' });
      expect(code).toBe(3);
      const taken = fresh.autosync('uninstall', '--all');
      expect(taken.code).toBe(0);
      // What stands elsewhere now cannot be looked at, and that is said.
      for (const path of [gone, moved]) expect(taken.err).toContain(path);
    });
  });

  it('two installs at once leave one of everything', async () => {
    const fresh = newHome();
    const { spawn } = await import('node:child_process');
    const { PROGRAM } = await import('../support/cli.js');
    const top = world.add('twice').top;
    const codes = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise((resolve) => {
            const args = [PROGRAM, 'install', top, '--scheduler', 'none'];
            spawn(process.execPath, args, { env: fresh.env, stdio: 'ignore' }).on('close', resolve);
          }),
      ),
    );
    expect(codes).toEqual([0, 0, 0]);
    expect(JSON.parse(fresh.autosync('status', '--json').out).repos).toHaveLength(1);
  });
});
