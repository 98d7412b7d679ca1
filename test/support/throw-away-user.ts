import { execFileSync } from 'node:child_process';

/** A user of this machine that exists for one test, so that nobody's own crontab is touched. */
export type ThrowAwayUser = { readonly name: string; readonly remove: () => void };

/** Makes a user without a home folder of his own; only root can (`needs('useradd as root')`). */
export function throwAwayUser(home: string): ThrowAwayUser {
  const name = `as-test-${process.pid}`;
  execFileSync('useradd', ['--no-create-home', '--home-dir', home, '--shell', '/bin/sh', name], { stdio: 'pipe' });
  return { name, remove: () => void execFileSync('userdel', [name], { stdio: 'pipe' }) };
}
