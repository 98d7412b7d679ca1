import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cut, type CutRequest, runCut } from '../support/cut.js';
import type { Operation } from './operations.js';
import { program, type SweepWorld } from './sweep-world.js';

/** How a command of autosync ended. */
export type Ended = Pick<Cut, 'code' | 'out' | 'err'>;

const command = (args: readonly string[]): readonly string[] => [process.execPath, program(), ...args];

const WARM = fileURLToPath(new URL('../support/warm-child.js', import.meta.url));

/** Processes that have the program loaded and nothing to do; they end with us. */
const idle: ChildProcess[] = [];

async function warmProcess(): Promise<ChildProcess> {
  const found = idle.pop();
  if (found !== undefined) return found;
  const child = fork(WARM, [join(dirname(program()), '..', 'dist', 'cli.js')], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  // Whoever waits for an answer keeps it alive; nobody else does.
  child.unref();
  child.channel?.unref();
  return child;
}

/** Runs autosync, undisturbed. To start the program anew each time would take most of a sweep's time. */
export async function autosync(world: SweepWorld, args: readonly string[]): Promise<Ended> {
  const child = await warmProcess();
  child.channel?.ref();
  child.send({ args, cwd: world.folder, env: world.env });
  const ended = await new Promise<Ended>((settle, fail) => {
    child.once('message', (message: Ended) => {
      child.removeAllListeners('exit');
      settle(message);
    });
    child.once('exit', (code) => fail(new Error(`the process that runs autosync ended (${code})`)));
  });
  child.channel?.unref();
  idle.push(child);
  return ended;
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

type StartRequest = Pick<CutRequest, 'action' | 'at' | 'list' | 'reading' | 'matching'>;

/** Returns the exit code and the reason: of JSON only the last one, which is the verdict's. */
export function wordsOf({ code, out, err }: Ended): string {
  const reason = out.startsWith('{') ? ([...out.matchAll(/"why": (".*")/g)].at(-1)?.[1] ?? out) : out;
  return `exit code ${code}: ${reason} ${err}`.slice(0, 1500);
}
