import { createServer } from 'node:net';

/**
 * Below those that a system gives out by itself, to whoever connects somewhere or asks for any port: nobody takes one of
 * these between our look and the start of the server. Each worker has its own, so that two of them never look at the same.
 */
const FIRST = 11_000;
const PER_WORKER = 1_000;
const WORKERS = 20;

const block = FIRST + (Number(process.env['VITEST_POOL_ID'] ?? 0) % WORKERS) * PER_WORKER;

// The file before this one in the same worker had other ports: one of which a connection has just ended is not free at once.
let last = process.pid;

/** Returns a port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PER_WORKER; tries += 1) {
    last += 1;
    const port = block + (last % PER_WORKER);
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
