// Has one process of the program run command lines, for a thread that waits for each. What it is given: the port on which
// command lines come and answers go, the flag that is raised after each answer, and the compiled program.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workerData } from 'node:worker_threads';

const { port, raised, program } = workerData;
const script = fileURLToPath(new URL('./warm-child.js', import.meta.url));
const child = fork(script, [program], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
let waiting = /** @type {unknown[]} */ ([]);

/** @param {unknown} answer */
function hand(answer) {
  port.postMessage(answer);
  Atomics.store(raised, 0, 1);
  Atomics.notify(raised, 0);
}

child.on('message', (message) => {
  if (message !== 'ready') return hand(message);
  for (const request of waiting) child.send(/** @type {any} */ (request));
  waiting = [];
  port.off('message', keep);
  port.on('message', (/** @type {any} */ request) => child.send(request));
});
child.on('exit', (code) => hand({ code, out: '', err: '', ended: true }));
port.on('close', () => child.kill());

/** @param {unknown} request */
function keep(request) {
  waiting.push(request);
}
port.on('message', keep);
