import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A user of this machine that exists for one test, so that nobody's own crontab is touched. */
export type ThrowAwayUser = { readonly name: string; readonly remove: () => void };

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
  for (let tried = 0; tried < 40; tried += 1) {
    if (spawnSync('userdel', [name], { stdio: 'pipe' }).status === 0) return;
    spawnSync('sleep', ['0.5']);
  }
  execFileSync('userdel', [name], { stdio: 'pipe' });
}

/** Removes the users of test processes that were killed. */
function removeLeftOver(): void {
  for (const [, name = '', pid = ''] of readFileSync('/etc/passwd', 'utf8').matchAll(/^(as-test-(\d+)-\d+):/gm)) {
    if (spawnSync('kill', ['-0', pid]).status !== 0) removeUser(name);
  }
}
