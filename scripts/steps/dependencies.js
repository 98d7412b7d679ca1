import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { note, ON_STDERR, root } from './run.js';

/**
 * Installs what package-lock.json names, unless it is there already. Development packages are always among it, also
 * under NODE_ENV=production: TypeScript is one of them.
 */
export function ensureDependencies() {
  if (areInstalled()) return;
  note('installing dependencies');
  if (npm('ci') === 0) return;
  // `npm ci` refuses a lock file that does not agree with package.json; `npm install` mends it.
  note("'npm ci' failed, trying 'npm install'");
  const code = npm('install');
  if (code === 0) return;
  note(`dependencies cannot be installed: 'npm install' ended with code ${code}`);
  note(`run 'npm install --include=dev' in ${root} to see why`);
  process.exit(1);
}

/**
 * Compares what npm has installed, by its own record, with what the lock file asks for. Times would not do: a checkout
 * makes the lock file newer although nothing in it changed.
 */
function areInstalled() {
  const wanted = lockedPackages('package-lock.json');
  const installed = lockedPackages(join('node_modules', '.package-lock.json'));
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    // The package itself, and what npm leaves out on other systems.
    if (path === '' || entry.optional === true) return true;
    return installed[path]?.version === entry.version && existsSync(join(root, path));
  });
}

/**
 * @param {string} name
 * @returns {Record<string, { version?: string, optional?: boolean }> | undefined}
 */
function lockedPackages(name) {
  try {
    return JSON.parse(readFileSync(join(root, name), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * Runs the npm that runs us, else the one on PATH, and returns its exit code.
 *
 * @param {'ci' | 'install'} command
 */
function npm(command) {
  // `npm start --silent` silences this npm too, and with it the reason of a failure.
  const args = [command, '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const own = process.env.npm_execpath ?? '';
  const result = /npm-cli\.c?js$/.test(own)
    ? spawnSync(process.execPath, [own, ...args], { cwd: root, stdio: ON_STDERR })
    : // On Windows npm is a batch file, which only a shell starts; the arguments are the fixed words above.
      spawnSync('npm', args, { cwd: root, stdio: ON_STDERR, shell: process.platform === 'win32' });
  if (result.error !== undefined) note(`npm cannot be started: ${result.error.message}`);
  return result.status ?? 1;
}
