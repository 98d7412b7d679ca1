import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { isPresent } from './programs.js';
import { note, ON_STDERR, root } from './run.js';

const LIMIT_SECONDS = 180;

/**
 * Installs the programs of `test/tools`, which npm brings and which are no development packages. It never fails: what
 * is not there afterwards is named with all else that is missing, and the tests that need it are left out, loudly.
 */
export function ensureTestTools() {
  if (isPresent('lefthook')) return;
  note('installing lefthook for the tests');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: join(root, 'test', 'tools'), stdio: ON_STDERR, timeout: LIMIT_SECONDS * 1000 };
  const result = spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  if (result.status !== 0) note(`'npm ci' in test/tools did not work: ${result.error?.message ?? result.status}`);
}
