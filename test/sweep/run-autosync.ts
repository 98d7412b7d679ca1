import { spawn } from 'node:child_process';
import { type Cut, type CutRequest, runCut } from '../support/cut.js';
import type { Operation } from './operations.js';
import { program, type SweepWorld } from './sweep-world.js';

/** How a command of autosync ended. */
export type Ended = Pick<Cut, 'code' | 'out' | 'err'>;

const command = (args: readonly string[]): readonly string[] => [process.execPath, program(), ...args];

/** Runs autosync, undisturbed. */
export function autosync(world: SweepWorld, args: readonly string[]): Promise<Ended> {
  const [file = '', ...rest] = command(args);
  const child = spawn(file, rest, { cwd: world.folder, env: world.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = { out: '', err: '' };
  child.stdout.on('data', (piece: Buffer) => {
    ended.out += piece.toString('utf8');
  });
  child.stderr.on('data', (piece: Buffer) => {
    ended.err += piece.toString('utf8');
  });
  return new Promise((settle, fail) => {
    child.on('error', fail);
    child.on('close', (code) => settle({ ...ended, code: code ?? -1 }));
  });
}

/** Runs an operation's command, with something happening to it. */
export function startCut(operation: Operation, world: SweepWorld, wanted: StartRequest): Promise<Cut> {
  return runCut({
    command: command(operation.command(world)),
    cwd: world.folder,
    env: world.env,
    below: world.folder,
    ...wanted,
  });
}

type StartRequest = Pick<CutRequest, 'action' | 'at' | 'list' | 'matching'>;

/** Returns the exit code and the reason: of JSON only the last one, which is the verdict's. */
export function wordsOf({ code, out, err }: Ended): string {
  const reason = out.startsWith('{') ? ([...out.matchAll(/"why": (".*")/g)].at(-1)?.[1] ?? out) : out;
  return `exit code ${code}: ${reason} ${err}`.slice(0, 1500);
}
