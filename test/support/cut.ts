import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { needs, needsThat } from './needs.js';

const SOURCE = fileURLToPath(new URL('../sweep/cutpoint.c', import.meta.url));

/** The errors that a call can be made to fail with. */
export const ERRORS = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES', 'EMFILE'] as const;

/** Those that a call which reads can be made to fail with. */
export const READ_ERRORS = ['EIO', 'EACCES', 'EMFILE'] as const;

/** What happens at one file-changing system call of a program. */
export type Action =
  | { readonly kind: 'nothing' }
  /** The whole process tree dies, before or after the call. */
  | { readonly kind: 'kill' | 'kill-after' }
  /** The one process dies that is about to make the call, unless it is the program itself. */
  | { readonly kind: 'kill-child' }
  /** The call fails so; `sticky`: every later one, too. */
  | { readonly kind: 'error'; readonly error: (typeof ERRORS)[number]; readonly sticky: boolean }
  /** One call fails so, of those that read; `every`: each that counts and comes later, too. */
  | { readonly kind: 'misread'; readonly error: (typeof READ_ERRORS)[number]; readonly every: boolean }
  /** A shell command is run before the call; its descriptor 4 is a file that was opened for appending before it all. */
  | { readonly kind: 'save'; readonly command: string; readonly held?: string };

/** A program to run, and what happens to it. */
export type CutRequest = {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Only calls below this folder count; it must hold no link. */
  readonly below: string;
  readonly action: Action;
  /** The number of the call at which it happens, counted from one. */
  readonly at: number;
  /** Only calls whose description (`rename <path> -> <path>`) matches this glob pattern count. */
  readonly matching?: string;
  /** Where the calls are listed. */
  readonly list?: string;
  /** The calls that read are listed, not those that change something. */
  readonly reading?: boolean;
};

/** How a program ended to which something happened. */
export type Cut = {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** How many calls counted. */
  readonly calls: number;
  /** How often the action took place. */
  readonly happened: number;
};

/** Three minutes: whatever takes longer hangs. */
const LIMIT_MS = 180_000;

let built: string | undefined;

/** Compiles the tool, once in each process; returns its path. */
function cutpoint(): string {
  if (built !== undefined) return built;
  const folder = join(inject('workshop'), 'bin');
  const program = join(folder, 'cutpoint');
  mkdirSync(folder, { recursive: true });
  const beside = `${program}.${process.pid}`;
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-o', beside, SOURCE], { stdio: ['ignore', 'ignore', 'inherit'] });
  renameSync(beside, program);
  built = program;
  return program;
}

/** Runs a program to its end, or to the point at which it is cut. */
export async function runCut(request: CutRequest): Promise<Cut> {
  const { action } = request;
  const held = action.kind === 'save' && action.held !== undefined ? openSync(action.held, 'a') : undefined;
  try {
    return await run(request, held);
  } finally {
    if (held !== undefined) closeSync(held);
  }
}

function run({ command, cwd, env, ...request }: CutRequest, held: number | undefined): Promise<Cut> {
  const args = [...cutpointArguments(request), '--', ...command];
  const child = spawn(cutpoint(), args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe', 'pipe', held ?? 'ignore'] });
  const texts = ['', '', '', ''];
  for (const n of [1, 2, 3]) {
    child.stdio[n]?.on('data', (piece: Buffer) => {
      texts[n] += piece.toString('utf8');
    });
  }
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  return new Promise((settle, fail) => {
    child.on('error', fail);
    child.on('close', (code) => {
      clearTimeout(limit);
      const [, out = '', err = '', report = ''] = texts;
      const [calls, happened] = report.split(' ').map(Number);
      if (code === null || code === 126 || calls === undefined || happened === undefined) {
        fail(new Error(`cutpoint failed (${code}): ${err}`));
      } else {
        settle({ code, out, err, calls, happened });
      }
    });
  });
}

function cutpointArguments(
  request: Pick<CutRequest, 'below' | 'action' | 'at' | 'matching' | 'list' | 'reading'>,
): string[] {
  const { action, at, below, matching, list, reading = action.kind === 'misread' } = request;
  const counted = ['-b', below];
  if (reading) counted.push('-r');
  if (matching !== undefined) counted.push('-m', matching);
  if (list !== undefined) counted.push('-l', list);
  switch (action.kind) {
    case 'nothing':
      return counted;
    case 'error':
      return [...counted, '-n', `${at}`, '-a', action.error, ...(action.sticky ? ['-s'] : [])];
    case 'misread':
      return [...counted, '-n', `${at}`, '-a', action.error, ...(action.every ? ['-e'] : [])];
    case 'save':
      return [...counted, '-n', `${at}`, '-a', `run:${action.command}`];
    default:
      return [...counted, '-n', `${at}`, '-a', action.kind];
  }
}

/** Reads a list of calls: `<number> <description>`, one to a line. */
export const readCalls = (list: string): readonly string[] =>
  readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(line.indexOf(' ') + 1));

/** Tells whether programs can be cut here; a machine on which they cannot is named loudly. */
export const canCut = (): boolean => needs('cc') && needsThat('ptrace of x86-64 programs on Linux', worksHere);

function worksHere(): boolean {
  try {
    return spawnSync(cutpoint(), ['--', 'true'], { timeout: 120_000 }).status === 0;
  } catch {
    return false;
  }
}
