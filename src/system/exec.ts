import { execa, type ResultPromise } from 'execa';
import { AutosyncError, errorCode } from '../model/errors.js';
import type { Environment } from './environment.js';
import { bytesMovedBy } from './process-list.js';

/** One program to start: never through a shell, never with a terminal. */
export type ExecRequest = {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  readonly input?: string | Uint8Array;
  /** Milliseconds after which the whole process group is ended. */
  readonly timeoutMs: number;
  /** Milliseconds without a word or a movement of bytes after which the whole process group is ended. */
  readonly idleTimeoutMs?: number;
  /** Called with each piece of standard error, for progress on a terminal. */
  readonly onStderr?: (text: string) => void;
};

/** How a program ended; an exit code is data, its meaning belongs to the caller. */
export type ExecResult = {
  /** The exit code, or -1 when a signal ended the program. */
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly durationMs: number;
};

const MAX_OUTPUT_BYTES = 1 << 30;
const running = new Set<number>();

function endAll(): void {
  for (const pid of running) endGroup(pid);
}

process.on('exit', endAll);

/** Node ends without `exit` when one of these comes and nobody has asked for it. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

for (const signal of SIGNALS) {
  const end = (): void => {
    // Somebody else has asked for it, and decides what comes of it.
    if (process.listenerCount(signal) > 1) return;
    endAll();
    process.off(signal, end);
    process.kill(process.pid, signal);
  };
  process.on(signal, end);
}

/**
 * Starts a program and waits for its end. It gets a process group of its own: at the time limit the group is ended,
 * because ending git alone leaves its transport helper alive (tried with git-remote-http). Only a program that cannot
 * be started is an error.
 */
export async function exec(request: ExecRequest): Promise<ExecResult> {
  const startedAt = performance.now();
  const child = start(request);
  let timedOut = false;
  const end = (): void => {
    timedOut = true;
    if (child.pid !== undefined) endGroup(child.pid);
    // A grandchild that left the group may hold the other ends open for as long as it likes.
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const limit = setTimeout(end, request.timeoutMs);
  const idle = watchIdle(child.pid, request.idleTimeoutMs, end);
  child.stderr?.on('data', (piece: Buffer) => {
    request.onStderr?.(piece.toString('utf8'));
    idle?.refresh();
  });
  if (child.pid !== undefined) running.add(child.pid);
  const result = await child;
  clearTimeout(limit);
  clearTimeout(idle);
  if (child.pid !== undefined) running.delete(child.pid);
  if (result.exitCode === undefined && !timedOut && child.pid === undefined) throw cannotStart(request, result.cause);
  return {
    exitCode: result.exitCode ?? -1,
    stdout: Buffer.from(result.stdout),
    stderr: Buffer.from(result.stderr).toString('utf8'),
    timedOut,
    durationMs: performance.now() - startedAt,
  };
}

/** So few bytes are what a server sends that only keeps a connection open. */
const STANDSTILL_BYTES = 2048;

/** Where it cannot be seen whether bytes move, silence alone is given so much more time. */
const PATIENCE = 5;

/** Calls `end` when a group has said nothing and moved nothing for a while: of one large file git says nothing either. */
function watchIdle(
  group: number | undefined,
  limitMs: number | undefined,
  end: () => void,
): NodeJS.Timeout | undefined {
  if (group === undefined || limitMs === undefined) return undefined;
  let before = bytesMovedBy(group);
  const waitMs = before === undefined ? limitMs * PATIENCE : limitMs;
  const look = setTimeout(() => {
    const now = bytesMovedBy(group);
    const stands = now === undefined || before === undefined || Math.abs(now - before) < STANDSTILL_BYTES;
    before = now;
    if (stands) end();
    else look.refresh();
  }, waitMs);
  return look;
}

type BufferedChild = ResultPromise<{ encoding: 'buffer'; reject: false }>;

function start(request: ExecRequest): BufferedChild {
  return execa(request.program, request.args, {
    cwd: request.cwd,
    env: request.env,
    extendEnv: false,
    reject: false,
    encoding: 'buffer',
    maxBuffer: MAX_OUTPUT_BYTES,
    stripFinalNewline: false,
    detached: process.platform !== 'win32',
    cleanup: false,
    windowsHide: true,
    ...(request.input === undefined ? { stdin: 'ignore' as const } : { input: request.input }),
  }) as BufferedChild;
}

/** Ends a whole process group, at once. */
function endGroup(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** What a person installs to get a program, where that has another name. */
const PRODUCTS: Readonly<Record<string, string>> = { hg: 'Mercurial' };

function cannotStart(request: Pick<ExecRequest, 'program'>, cause: unknown): AutosyncError {
  const code = errorCode(cause);
  const missing = code === 'ENOENT';
  return new AutosyncError(
    'environment',
    missing ? `program '${request.program}' not found` : `program '${request.program}' cannot be started: ${code}`,
    missing ? [`install ${PRODUCTS[request.program] ?? request.program}, or put its folder on PATH`] : [],
    cause,
  );
}

/** A program in which a person works: on his own terminal, and for as long as he likes. */
export type ForegroundRequest = Pick<ExecRequest, 'program' | 'args' | 'cwd' | 'env'> & {
  /** Where what it writes goes: standard error where standard output is an answer that a program reads. */
  readonly output: 'stdout' | 'stderr';
};

/** A day: what has been forgotten in some window by then does not wait for ever. */
const FOREGROUND_LIMIT_MS = 86_400_000;

/**
 * Starts a program on the person's terminal and waits for its end; returns its exit code, or -1 when a signal ended it.
 * It stays in our process group, for only that may read from the terminal; a key that interrupts it is not for us.
 */
export async function execInForeground(request: ForegroundRequest): Promise<number> {
  const leaveToChild = (): void => undefined;
  process.on('SIGINT', leaveToChild);
  try {
    const child = execa(request.program, request.args, {
      cwd: request.cwd,
      env: request.env,
      extendEnv: false,
      reject: false,
      stdio: ['inherit', request.output === 'stdout' ? 'inherit' : process.stderr, 'inherit'],
      timeout: FOREGROUND_LIMIT_MS,
    });
    const result = await child;
    if (child.pid === undefined) throw cannotStart(request, result.cause);
    return result.exitCode ?? -1;
  } finally {
    process.off('SIGINT', leaveToChild);
  }
}

/** A program that is to stay for a while, and what is done with what it writes. */
export type ChannelRequest = Pick<ExecRequest, 'program' | 'args' | 'cwd' | 'env'> & {
  /** Called with each piece of standard output. */
  readonly onOutput: (piece: Buffer) => void;
  /** Called with each piece of standard error, where what it starts may write, too. */
  readonly onStderr: (piece: Buffer) => void;
  /** Called once, when the program has ended (-1: by a signal) or could not be started, with its last words on standard error. */
  readonly onEnd: (end: {
    readonly stderr: string;
    readonly exitCode: number;
    readonly error: AutosyncError | undefined;
  }) => void;
};

/** A running program that is spoken to through its standard input, and ends when that is closed: also when we die. */
export type Channel = {
  readonly write: (bytes: Uint8Array) => void;
  /** Closes its standard input. */
  readonly end: () => void;
  /** Ends its whole process group, at once. */
  readonly kill: () => void;
  /** Whether our own process waits for it. */
  readonly keepAlive: (wanted: boolean) => void;
};

const MAX_CHANNEL_WORDS = 8192;

/** Starts a program that is spoken to through its standard input and output, in a process group of its own. */
export function openChannel(request: ChannelRequest): Channel {
  const child = execa(request.program, request.args, {
    cwd: request.cwd,
    env: request.env,
    extendEnv: false,
    reject: false,
    encoding: 'buffer',
    buffer: false,
    stdin: 'pipe',
    detached: process.platform !== 'win32',
    cleanup: false,
    windowsHide: true,
  });
  const { pid } = child;
  if (pid !== undefined) running.add(pid);
  let stderr = '';
  child.stdout.on('data', request.onOutput);
  child.stderr.on('data', (piece: Buffer) => {
    request.onStderr(piece);
    stderr = (stderr + piece.toString('utf8')).slice(-MAX_CHANNEL_WORDS);
  });
  // It may have ended just before we write; how it ended is told below.
  child.stdin.on('error', () => undefined);
  void child.then((result) => {
    if (pid !== undefined) running.delete(pid);
    const error = pid === undefined ? cannotStart(request, result.cause) : undefined;
    request.onEnd({ stderr, exitCode: result.exitCode ?? -1, error });
  });
  const streams = [child.stdin, child.stdout, child.stderr] as readonly { ref?: () => void; unref?: () => void }[];
  return {
    write: (bytes) => void child.stdin.write(bytes),
    end: () => void child.stdin.end(),
    kill: () => {
      if (pid !== undefined && running.has(pid)) endGroup(pid);
    },
    keepAlive: (wanted) => {
      for (const handle of [child, ...streams]) wanted ? handle.ref?.() : handle.unref?.();
    },
  };
}
