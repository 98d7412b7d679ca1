import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A user of this machine that exists for one test, so that nobody's own crontab is touched. */
export type ThrowAwayUser = { readonly name: string; readonly remove: () => void };

const MAX_TRIES = 60;

let made = 0;

/** Makes a user without a home folder of his own; only root can (`needs('useradd as root')`). */
export function throwAwayUser(home: string): ThrowAwayUser {
  removeLeftOver();
  made += 1;
  const name = `as-test-${process.pid}-${made}`;
  execFileSync('useradd', ['--no-create-home', '--home-dir', home, '--shell', '/bin/sh', name], { stdio: 'pipe' });
  return { name, remove: () => removeUser(name) };
}

/**
 * Removes a user and, first, his crontab, which would pass to the next one with his number. A run that was waiting when
 * autosync was uninstalled ends within a second or two; until then he cannot be removed.
 */
function removeUser(name: string): void {
  spawnSync('crontab', ['-u', name, '-r']);
  // A job that cron has just started for him may not be over yet.
  for (let tries = 1; !isRemoved(spawnSync('userdel', [name]).status); tries += 1) {
    if (tries === MAX_TRIES) throw new Error(`user '${name}' cannot be removed`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
}

/** Tells by how `userdel` ended whether he is gone: 6 says that he was before, by another test process that tidies up. */
const isRemoved = (status: number | null): boolean => status === 0 || status === 6;

/** Removes the users of test processes that were killed. */
function removeLeftOver(): void {
  for (const [, name = '', pid = ''] of readFileSync('/etc/passwd', 'utf8').matchAll(/^(as-test-(\d+)-\d+):/gm)) {
    if (spawnSync('kill', ['-0', pid]).status !== 0) removeUser(name);
  }
}
