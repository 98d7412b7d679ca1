import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import type { Ended, Home } from './cli.js';
import { PROGRAM } from './cli.js';

/** How a program ended that was started and not waited for. */
export type AtWork = { readonly child: ChildProcess; readonly ended: Promise<Ended> };

/** Starts a program in a process group of its own, and does not wait for it. */
export function startProgram(
  program: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): AtWork {
  const child = spawn(program, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const said = { out: '', err: '' };
  child.stdout.on('data', (piece: Buffer) => {
    said.out += piece.toString('utf8');
  });
  child.stderr.on('data', (piece: Buffer) => {
    said.err += piece.toString('utf8');
  });
  const ended = new Promise<Ended>((settle, fail) => {
    child.on('error', fail);
    child.on('close', (code) => settle({ code, ...said }));
  });
  return { child, ended };
}

/** Starts autosync in a home, and does not wait for it. */
export const startAutosync = (home: Home, ...args: readonly string[]): AtWork =>
  startProgram(process.execPath, [PROGRAM, ...args], { cwd: home.folder, env: home.env });

/** A shell script's line that says where it has come to, and waits until it is let go on; and how to let it. */
export type Gate = { readonly script: string; readonly isReached: () => boolean; readonly open: () => void };

/**
 * Makes a gate, whose two files begin with a path. Whoever waits at it does so for ten minutes, far longer than what is
 * looked at meanwhile takes, but not once its files have been removed.
 */
export function gate(path: string): Gate {
  return {
    script: `touch '${path}.reached'; n=0; while [ -e '${path}.reached' ] && [ ! -e '${path}.open' ] && [ $n -lt 6000 ]; do sleep 0.1; n=$((n+1)); done`,
    isReached: () => existsSync(`${path}.reached`),
    open: () => writeFileSync(`${path}.open`, ''),
  };
}

/** Ends a program and all that it has started, as a cut of the power would. */
export function endAll({ child }: AtWork): void {
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
}
