import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram, isPresent, TEST_PROGRAMS } from './programs.js';
import { note } from './run.js';

const UPDATE_SECONDS = 180;
const INSTALL_SECONDS = 600;
const ATTEMPTS = 10;
const PAUSE_MS = 6_000;
/** What apt says, in the C locale, while another apt or dpkg is at work. */
const IS_LOCKED = /could not get lock|unable to (acquire|lock)|is held by process/i;

/**
 * Returns the programs that the tests miss on this machine, after trying to install them where that takes no question:
 * on Debian and its kin, as root or with a `sudo` that asks for no password. It never fails: what cannot be installed
 * stays missing, and the tests that need it are left out, loudly.
 *
 * @returns {string[]}
 */
export function ensureSystemPackages() {
  const missing = TEST_PROGRAMS.filter((program) => !isPresent(program.name));
  if (missing.length === 0) return [];
  const apt = aptCommand();
  const packages = [...new Set(missing.flatMap((program) => program.packages))];
  if (apt !== undefined && packages.length > 0) {
    note(`installing ${packages.join(' ')}`);
    // A source out of reach does not matter when the lists that are there name all that is wanted.
    runApt(apt, UPDATE_SECONDS, ['update', '-qq']);
    runApt(apt, INSTALL_SECONDS, ['install', '-qq', '-y', '--no-install-recommends', ...packages]);
  }
  return missing.filter((program) => !isPresent(program.name)).map((program) => program.name);
}

/** Returns how to call apt-get without anybody at the keyboard, or undefined where that is not possible. */
function aptCommand() {
  if (!existsSync('/etc/debian_version') || findProgram('apt-get') === undefined) return undefined;
  const quiet = ['env', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive', 'NEEDRESTART_SUSPEND=1'];
  if (process.getuid?.() === 0) return quiet;
  const mayBecomeRoot = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore', timeout: 10_000 }).status === 0;
  return mayBecomeRoot ? ['sudo', '-n', ...quiet] : undefined;
}

/**
 * Runs apt-get, again while another one holds the lock. The time limit is `timeout`'s, because a process of root's
 * cannot be ended by us.
 *
 * @param {readonly string[]} apt
 * @param {number} seconds
 * @param {readonly string[]} args
 */
function runApt(apt, seconds, args) {
  const [program, ...rest] = [...apt, 'timeout', '--kill-after=30', String(seconds), 'apt-get', ...args];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const result = spawnSync(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
    if (result.status === 0) return;
    const said = `${result.stderr ?? result.error?.message ?? ''}`.trim();
    if (!IS_LOCKED.test(said) || attempt === ATTEMPTS) {
      note(`'apt-get ${args[0]}' did not work: ${said === '' ? `exit code ${result.status}` : said}`);
      return;
    }
    note('another program holds the lock of apt, waiting');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}
