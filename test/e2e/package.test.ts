import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createHome, deployDependencies } from '../support/cli.js';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('the packed program, unpacked into an empty prefix, installs and uninstalls a repository of each system', () => {
  const folder = mkdtempSync(join(tmpdir(), 'package-'));
  const args = ['pack', '--ignore-scripts', '--pack-destination', folder];
  execFileSync('npm', args, { cwd: ROOT, stdio: 'pipe', timeout: 240_000 });
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
  const installed = join(folder, 'prefix', 'lib', 'node_modules', 'autosync');
  for (const path of [installed, join(folder, 'prefix', 'bin')]) mkdirSync(path, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  deployDependencies(installed);
  // What `npm install --global` does with a `bin`, too.
  const program = join(folder, 'prefix', 'bin', 'autosync');
  chmodSync(join(installed, 'bin', 'autosync.js'), 0o755);
  symlinkSync('../lib/node_modules/autosync/bin/autosync.js', program);

  const { env, folder: home } = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
  const autosync = (...words: readonly string[]): SpawnSyncReturns<string> =>
    spawnSync(program, words, { env, encoding: 'utf8', timeout: 240_000 });
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(autosync('--version').stdout).toBe(`${version}\n`);
  const launcher = join(home, '.local/share/autosync/run');
  for (const vcs of HARNESSES.filter(({ name }) => needs(name))) {
    const world = vcs.createWorld('laptop');
    const top = world.machines[0]?.top ?? '';
    expect(autosync('install', top, '--scheduler', 'none')).toMatchObject({ status: 0 });
    expect(readFileSync(launcher, 'utf8')).toContain(join(installed, 'bin', 'autosync.js'));
    expect(autosync('uninstall', top)).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(launcher)).toBe(false);
    world.remove();
  }
});
