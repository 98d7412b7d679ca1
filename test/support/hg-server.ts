import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';

/** How a command ended. */
export type HgEnded = { readonly code: number; readonly stdout: string; readonly stderr: string };

type Server = { readonly port: MessagePort; readonly raised: Int32Array; readonly environment: string };

/** No command of a test's takes longer, unless it hangs. */
const LIMIT_MS = 240_000;

let server: Server | undefined;

/**
 * Runs one command in a real hg that stays for the next one, and waits for its end: starting hg costs fifty times what
 * most commands do. It ends with the process that asked for it; another environment gets another one.
 */
export function runInServer(args: readonly string[], env: NodeJS.ProcessEnv): HgEnded {
  const environment = JSON.stringify(env);
  if (server?.environment !== environment) server = startServer(env, environment);
  const { port, raised } = server;
  Atomics.store(raised, 0, 0);
  port.postMessage(args);
  const waited = Atomics.wait(raised, 0, 0, LIMIT_MS);
  const ended: HgEnded | undefined = receiveMessageOnPort(port)?.message;
  if (ended === undefined || ended.code === -1) server = undefined;
  if (ended === undefined) throw new Error(`hg ${args.join(' ')}: ${waited}`);
  return ended;
}

function startServer(env: NodeJS.ProcessEnv, environment: string): Server {
  server?.port.close();
  const { port1, port2 } = new MessageChannel();
  const raised = new Int32Array(new SharedArrayBuffer(4));
  const script = new URL('./hg-server-thread.js', import.meta.url);
  const workerData = { port: port2, raised, env };
  new Worker(script, { workerData, transferList: [port2], execArgv: [] }).unref();
  port1.unref();
  return { port: port1, raised, environment };
}
