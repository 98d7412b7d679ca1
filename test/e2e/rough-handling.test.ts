import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHome, type Home, PROGRAM, until } from '../support/cli.js';
import { canListProcesses, processesAt } from '../support/processes.js';
import { gitHarness } from '../support/vcs-harness.js';

const newHome = (): Home => createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');

const LONG = 'x'.repeat(300);

/** Starts the program as a person does, so that what he does to its process and its streams can be done to it. */
function ended(
  home: Home,
  args: readonly string[],
  cwd: string,
): { readonly code: number | null; readonly err: string } {
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { cwd, env: home.env, encoding: 'utf8' });
  return { code: status, err: stderr };
}

describe('a path that is of no use is told in words, not as a bug', () => {
  it.each([
    [['report', '--out'], 2],
    [['report', '--out', LONG], 1],
    [['import', 'gitsync', LONG], 1],
    [['import', 'gitsync', '.'], 1],
    [['clone', '/nowhere/hub', LONG], 1],
    [['clone', '/nowhere/hub', 'file/inside'], 1],
  ])('autosync %j', (args, code) => {
    const home = newHome();
    writeFileSync(join(home.folder, 'file'), '');
    const answer = ended(home, args, home.folder);
    expect(answer.err).not.toMatch(/bug in autosync|^ +at /m);
    expect(answer.code).toBe(code);
  });

  it('where something else stands in the place of a file of ours', () => {
    const world = gitHarness.createWorld('laptop');
    const [laptop] = world.machines;
    const home = newHome();
    home.autosync('install', laptop?.top ?? '', '--scheduler', 'none', '--no-hooks');
    const state = join(home.folder, '.local/state/autosync');
    spawnSync('rm', ['-rf', join(state, 'spool')]);
    writeFileSync(join(state, 'spool'), '');
    const due = home.autosync('snapshot', '--spool');
    expect(due.err).not.toMatch(/bug in autosync/);
    expect(due.code).toBe(1);
    world.remove();
  });
});

describe('a folder that is gone', () => {
  /** Runs the program in a folder that has been removed. */
  function runNowhere(home: Home, words: string): { readonly code: number | null; readonly err: string } {
    const folder = join(home.folder, 'gone');
    mkdirSync(folder);
    const command = `rmdir '${folder}' && exec '${process.execPath}' '${PROGRAM}' ${words}`;
    const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, env: home.env, encoding: 'utf8' });
    return { code: status, err: stderr };
  }

  it('is named', () => {
    expect(runNowhere(newHome(), 'status')).toEqual({
      code: 2,
      err: expect.stringMatching(/folder that you are in is gone/),
    });
  });

  it('is nothing that an editor is shown an error for', () => {
    expect(runNowhere(newHome(), 'poke a.md').code).toBe(0);
    expect(runNowhere(newHome(), 'poke /nowhere/a.md').code).toBe(0);
  });
});

describe('a pause', () => {
  it('that no date can end is refused', () => {
    const world = gitHarness.createWorld('laptop');
    const top = world.machines[0]?.top ?? '';
    const home = newHome();
    home.autosync('install', top, '--scheduler', 'none', '--no-hooks');
    expect(home.autosync('pause', top, '--for', '999999999d')).toMatchObject({ code: 2, err: /not a duration/ });
    expect(home.autosync('status', top).out).not.toContain('paused');
    world.remove();
  });
});

describe.skipIf(!existsSync('/dev/full'))('an answer for which there is no room', () => {
  it('ends no run before its end, and is no success', () => {
    const world = gitHarness.createWorld('laptop');
    const [laptop] = world.machines;
    if (laptop === undefined) throw new Error('no machine');
    const home = newHome();
    home.autosync('install', laptop.top, '--scheduler', 'none', '--no-hooks');
    laptop.write('a.md', 'WORK\n');
    const full = openSync('/dev/full', 'w');
    const { status } = spawnSync(process.execPath, [PROGRAM, 'snapshot', '--all'], {
      cwd: home.folder,
      env: home.env,
      stdio: ['ignore', full, full],
    });
    closeSync(full);
    expect(status).toBe(1);
    expect(world.hubHistory()).toContain('WORK');
    world.remove();
  });
});

describe.skipIf(!canListProcesses())('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends what we have started, too (%s)', async (signal) => {
    const home = newHome();
    const mark = join(home.folder, 'asked');
    // A hub that is reached by a program which never answers.
    const ssh = join(home.folder, 'bin', 'silent-ssh');
    mkdirSync(join(home.folder, 'bin'), { recursive: true });
    writeFileSync(ssh, `#!/bin/sh\n: >'${mark}'\nexec sleep 300\n`);
    chmodSync(ssh, 0o755);
    const env = { ...home.env, GIT_SSH: ssh };
    const child = spawn(process.execPath, [PROGRAM, 'clone', 'ssh://nobody/hub', 'notes', '--vcs', 'git'], {
      cwd: home.folder,
      env,
      stdio: 'ignore',
    });
    const end = new Promise((settle) => child.once('exit', (code, by) => settle(by ?? code)));
    await until('the hub is asked', () => existsSync(mark));
    child.kill(signal);
    expect(await end).toBe(signal);
    await until('all have ended', () => processesAt(home.folder).length === 0);
    expect(processesAt(home.folder)).toEqual([]);
  });
});

describe('a link that leads nowhere', () => {
  it('is not cloned through', () => {
    const home = newHome();
    symlinkSync(join(home.folder, 'nowhere'), join(home.folder, 'link'));
    const answer = ended(home, ['clone', '/nowhere/hub', 'link'], home.folder);
    expect(answer.err).not.toMatch(/bug in autosync/);
    expect(answer.code).not.toBe(70);
    expect(existsSync(join(home.folder, 'nowhere'))).toBe(false);
  });
});
