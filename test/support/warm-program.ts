import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';

/** A command line, and where it is run. */
export type WarmRequest = { readonly args: readonly string[]; readonly cwd: string; readonly env: NodeJS.ProcessEnv };

/** How it ended; no code: it did not, in its time. */
export type WarmEnded = { readonly code: number | null; readonly out: string; readonly err: string };

type Answer = WarmEnded & { readonly ended?: true };
type Warm = { readonly port: MessagePort; readonly raised: Int32Array };

/** No command line of a test's takes longer, unless it hangs: some install dozens of repositories. */
const LIMIT_MS = 240_000;

/** What a process reads once, when it starts. */
const READ_AT_START = /^(NODE_|UV_|LD_|FAKETIME)/;

let warm: Warm | undefined;

/** Tells whether a process that has started already can run something in an environment. */
export const canBeWarm = (env: NodeJS.ProcessEnv): boolean =>
  !Object.keys(env).some((name) => READ_AT_START.test(name));

/**
 * Runs a command line of the compiled program in a process that stays for the next one, and waits for its end: half of
 * what most commands cost is the start of the program. It ends with the process that asked for it.
 */
export function runWarm(program: string, request: WarmRequest): WarmEnded {
  warm ??= startWarm(program);
  const { port, raised } = warm;
  Atomics.store(raised, 0, 0);
  port.postMessage(request);
  Atomics.wait(raised, 0, 0, LIMIT_MS);
  const answer: Answer | undefined = receiveMessageOnPort(port)?.message;
  if (answer !== undefined && answer.ended === undefined) return answer;
  port.close();
  warm = undefined;
  return answer ?? { code: null, out: '', err: '' };
}

function startWarm(program: string): Warm {
  const { port1, port2 } = new MessageChannel();
  const raised = new Int32Array(new SharedArrayBuffer(4));
  const script = new URL('./warm-thread.js', import.meta.url);
  const workerData = { port: port2, raised, program };
  new Worker(script, { workerData, transferList: [port2], execArgv: [] }).unref();
  port1.unref();
  return { port: port1, raised };
}
