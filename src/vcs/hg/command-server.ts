import { AutosyncError } from '../../model/errors.js';
import type { Environment } from '../../system/environment.js';
import { type Channel, type ExecResult, openChannel } from '../../system/exec.js';
import { encodePath } from '../../system/path-bytes.js';
import { commandFrame, frameReader, NO_INPUT, type Piece } from './frames.js';

/** One command to run; every operand is bytes, so a name that is not text is one like any other. */
export type ServerCommand = {
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** Milliseconds without a word after which the server is ended. */
  readonly idleTimeoutMs?: number;
  /** Is handed the output as it comes, which then is not kept. */
  readonly onOutput?: (piece: Buffer) => void;
  readonly onStderr?: (text: string) => void;
};

/** How a server is started. */
export type ServerRequest = {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
};

/**
 * One `hg serve --cmdserver pipe` for many commands, one after the other: starting hg costs a hundred times what a
 * command does. It starts with the first command, ends when nothing is asked of it for a while, and dies with us.
 */
export type CommandServer = {
  readonly run: (command: ServerCommand) => Promise<ExecResult>;
  readonly end: () => void;
};

/** Long enough to bridge a settle time, short enough that a thousand repositories do not keep a thousand servers. */
const IDLE_MS = 5000;

/** What is under way; each frame is handed to it. */
type Turn = {
  readonly onPiece: (piece: Piece) => void;
  readonly onEnd: (words: string, error?: AutosyncError) => void;
};

/** Returns a server that is started when it is first needed, and again when it has ended. */
export function commandServer(request: ServerRequest): CommandServer {
  let server: Promise<StartedServer> | undefined;
  let idle: NodeJS.Timeout | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  const end = (): void => {
    clearTimeout(idle);
    void server?.then(
      (started) => started.channel.end(),
      () => undefined,
    );
    server = undefined;
  };
  const runNow = async (command: ServerCommand): Promise<ExecResult> => {
    clearTimeout(idle);
    server ??= startServer(request);
    try {
      const started = await server;
      const result = await runOn(started, command);
      if (started.isOver()) server = undefined;
      return result;
    } catch (error) {
      server = undefined;
      throw error;
    } finally {
      idle = setTimeout(end, IDLE_MS).unref();
    }
  };
  return {
    run: (command) => {
      const result = queue.then(() => runNow(command));
      queue = result.catch(() => undefined);
      return result;
    },
    end,
  };
}

type StartedServer = {
  readonly channel: Channel;
  readonly takeTurn: (turn: Turn | undefined) => void;
  readonly isOver: () => boolean;
};

/** A server that says nothing for so long after its start hangs. */
const START_LIMIT_MS = 60_000;

/** Starts a server and waits for its greeting, a frame on `o` with the line `capabilities: … runcommand …`. */
function startServer(request: ServerRequest): Promise<StartedServer> {
  let turn: Turn | undefined;
  let over = false;
  const channel = openChannel({
    program: 'hg',
    args: ['serve', '--cmdserver', 'pipe', ...request.args],
    cwd: request.cwd,
    env: request.env,
    onOutput: frameReader((piece) => turn?.onPiece(piece)),
    // A hook's own words come this way, past the frames.
    onStderr: (bytes) => turn?.onPiece({ channel: 'e', bytes }),
    onEnd: ({ stderr, error }) => {
      over = true;
      turn?.onEnd(stderr, error);
    },
  });
  const takeTurn = (next: Turn | undefined): void => {
    turn = next;
    channel.keepAlive(next !== undefined);
  };
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => channel.kill(), START_LIMIT_MS);
    const refuse = (words: string, error?: AutosyncError): void => {
      clearTimeout(limit);
      takeTurn(undefined);
      reject(error ?? new AutosyncError('failed', `hg cannot be started here: ${words.trim() || 'it gave no reason'}`));
    };
    takeTurn({
      onPiece: ({ channel: name, bytes }) => {
        // A warning before the greeting is no greeting.
        if (name === 'e') return;
        clearTimeout(limit);
        takeTurn(undefined);
        if (name === 'o' && /\bruncommand\b/.test(bytes.toString('latin1'))) {
          resolve({ channel, takeTurn, isOver: () => over });
          return;
        }
        channel.kill();
        reject(new AutosyncError('environment', 'this hg has no command server', ['install Mercurial 5.9 or newer']));
      },
      onEnd: refuse,
    });
  });
}

function runOn(server: StartedServer, command: ServerCommand): Promise<ExecResult> {
  const startedAt = performance.now();
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  let timedOut = false;
  return new Promise((resolve, reject) => {
    const expire = (): void => {
      timedOut = true;
      server.channel.kill();
    };
    const limit = setTimeout(expire, command.timeoutMs);
    const idle = setTimeout(expire, command.idleTimeoutMs ?? command.timeoutMs);
    const finish = (exitCode: number): void => {
      clearTimeout(limit);
      clearTimeout(idle);
      server.takeTurn(undefined);
      const stderr = Buffer.concat(errors).toString('utf8');
      resolve({
        exitCode,
        stdout: Buffer.concat(output),
        stderr,
        timedOut,
        durationMs: performance.now() - startedAt,
      });
    };
    const handlers: Readonly<Record<string, (bytes: Buffer) => void>> = {
      o: command.onOutput ?? ((bytes) => void output.push(bytes)),
      e: (bytes) => {
        errors.push(bytes);
        command.onStderr?.(bytes.toString('utf8'));
      },
      // A hook's words come through another pipe, and may lie there still.
      r: (bytes) => void setImmediate(finish, bytes.readInt32BE(0)),
      I: () => server.channel.write(NO_INPUT),
      L: () => server.channel.write(NO_INPUT),
    };
    server.takeTurn({
      onPiece: ({ channel, bytes }) => {
        idle.refresh();
        const handle = handlers[channel];
        // A lower-case channel that we do not know may be ignored; any other asks for what we cannot answer.
        if (handle === undefined && channel !== channel.toLowerCase()) expire();
        try {
          handle?.(bytes);
        } catch (error) {
          expire();
          reject(error);
        }
      },
      onEnd: (_words, error) => (error === undefined ? finish(-1) : reject(error)),
    });
    server.channel.write(commandFrame(command.args.map(encodePath)));
  });
}
