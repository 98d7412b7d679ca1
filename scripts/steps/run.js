import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Standard output belongs to the program that is asked for; everything that prepares it speaks on standard error.
 *
 * @type {['ignore', 2, 2]}
 */
export const ON_STDERR = ['ignore', 2, 2];

/**
 * Says one line about what is being prepared.
 *
 * @param {string} line
 */
export const note = (line) => process.stderr.write(`${line}\n`);

/**
 * Runs a Node script with our streams and returns its exit code. A Ctrl-C reaches the whole terminal's group, so it is
 * the script that decides when to end, and we wait for it.
 *
 * @param {readonly string[]} args the script and its arguments
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>}
 */
export function runNode(args, options = {}) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', ...options });
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  return new Promise((settle, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => settle(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
}
