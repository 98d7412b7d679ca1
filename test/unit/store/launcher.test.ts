import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AbsolutePath } from '../../../src/model/paths.js';
import { installLauncher, launcherRecord, removeLauncher, renderLauncher } from '../../../src/store/launcher.js';
import { locations } from '../../../src/store/locations.js';

afterEach(() => vi.unstubAllEnvs());

describe('installing the launcher', () => {
  const installed = (): AbsolutePath => locations().launcher;

  it('writes it once, for its owner alone', () => {
    const record = launcherRecord(locations());
    expect(installLauncher(installed(), record)).toBe('created');
    expect(readFileSync(installed(), 'utf8')).toBe(renderLauncher(record));
    expect(statSync(installed()).mode & 0o777).toBe(0o700);
    const { ino } = statSync(installed());
    expect(installLauncher(installed(), record)).toBe('unchanged');
    expect(statSync(installed()).ino).toBe(ino);
  });

  it('writes it anew for another shell, and mends its mode', () => {
    const record = launcherRecord(locations());
    installLauncher(installed(), record);
    expect(installLauncher(installed(), { ...record, path: '/opt/bin' })).toBe('updated');
    chmodSync(installed(), 0o600);
    expect(installLauncher(installed(), { ...record, path: '/opt/bin' })).toBe('updated');
    expect(statSync(installed()).mode & 0o777).toBe(0o700);
  });

  it('is taken back with its folder, unless something of others is in there', () => {
    const record = launcherRecord(locations());
    installLauncher(installed(), record);
    removeLauncher(installed());
    expect(existsSync(dirname(installed()))).toBe(false);
    installLauncher(installed(), record);
    writeFileSync(join(dirname(installed()), 'theirs'), '');
    removeLauncher(installed());
    removeLauncher(installed());
    expect(readdirSync(dirname(installed()))).toEqual(['theirs']);
  });
});

describe('a file of the person’s own in the launcher’s place', () => {
  const path = locations().launcher;
  const own = '#!/bin/sh\necho mine\n';

  beforeEach(() => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, own);
    return () => rmSync(dirname(path), { recursive: true });
  });

  it('is refused by an installation, and left by an uninstallation', () => {
    expect(() => installLauncher(path, launcherRecord(locations()))).toThrow(/was not written by autosync/);
    removeLauncher(path);
    expect(readFileSync(path, 'utf8')).toBe(own);
  });

  it.each(['', '\0\0\0'])('is not what a power cut has left of the launcher (%j)', (left) => {
    writeFileSync(path, left);
    expect(installLauncher(path, launcherRecord(locations()))).toBe('updated');
  });

  it('is not a launcher for Windows', () => {
    writeFileSync(path, renderLauncher(launcherRecord(locations()), 'win32'));
    removeLauncher(path);
    expect(existsSync(path)).toBe(false);
    mkdirSync(dirname(path));
  });
});

describe('what the launcher remembers', () => {
  it('is where node, the program and the files of autosync are', () => {
    const { entry, node, state, home, umask } = launcherRecord(locations());
    expect({ node, state, home, umask }).toEqual({
      node: process.execPath,
      state: locations().state,
      home: process.env['HOME'],
      umask: process.umask(),
    });
    expect(entry).toMatch(/\/bin\/autosync\.js$/);
  });

  it('is the XDG folders and the agent, where there are any', () => {
    vi.stubEnv('XDG_CONFIG_HOME', undefined);
    vi.stubEnv('XDG_STATE_HOME', '/own/state');
    vi.stubEnv('SSH_AUTH_SOCK', '/own/agent');
    expect(launcherRecord(locations())).toMatchObject({
      configHome: '',
      stateHome: '/own/state',
      state: '/own/state/autosync',
      sshAuthSock: '/own/agent',
    });
  });

  it('is of PATH only what means the same tomorrow, and cannot come from a push', () => {
    const passing = ['', '.', 'bin', '/r/node_modules/.bin', '/run/user/1/fnm_multishells/2_3/bin', '/usr/bin'];
    vi.stubEnv('PATH', ['/opt/git/bin', ...passing, '/opt/git/bin'].join(':'));
    expect(launcherRecord(locations()).path).toBe('/opt/git/bin:/usr/bin');
  });

  it('is a lasting name of the same node, if it has one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'p'));
    const names = { other: '/bin/sh', 'fnm_multishells/1/bin': process.execPath, lasting: process.execPath };
    for (const [name, target] of Object.entries(names)) {
      mkdirSync(join(folder, name), { recursive: true });
      symlinkSync(target, join(folder, name, 'node'));
    }
    vi.stubEnv(
      'PATH',
      Object.keys(names)
        .map((name) => join(folder, name))
        .join(':'),
    );
    expect(launcherRecord(locations()).stableNode).toBe(join(folder, 'lasting', 'node'));
    vi.stubEnv('PATH', dirname(process.execPath));
    expect(launcherRecord(locations()).stableNode).toBe('');
  });
});
