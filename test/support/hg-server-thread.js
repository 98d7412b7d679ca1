// Has one hg run commands, for a thread that waits for each. What it is given: the port on which commands come and
// answers go, the flag that is raised after each answer, and hg's environment.
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { workerData } from 'node:worker_threads';

const HEADER_BYTES = 5;
const { port, raised, env } = workerData;

const server = spawn('hg', ['serve', '--cmdserver', 'pipe'], { cwd: tmpdir(), env, stdio: 'pipe' });
let bytes = Buffer.alloc(0);
let greeted = false;
let answer = { out: [], err: [] };

/** @param {number} code */
function hand(code) {
  const [stdout, stderr] = [Buffer.concat(answer.out), Buffer.concat(answer.err)].map((all) => all.toString('utf8'));
  answer = { out: [], err: [] };
  port.postMessage({ code, stdout, stderr });
  Atomics.store(raised, 0, 1);
  Atomics.notify(raised, 0);
}

/** Takes the next frame (src/vcs/hg/frames.ts tells the form) from what has come; false when it is not whole. */
function takeFrame() {
  if (bytes.length < HEADER_BYTES) return false;
  const channel = bytes.toString('latin1', 0, 1);
  const length = bytes.readUInt32BE(1);
  if (channel === 'I' || channel === 'L') {
    server.stdin.write(Buffer.alloc(4));
    bytes = bytes.subarray(HEADER_BYTES);
    return true;
  }
  if (bytes.length < HEADER_BYTES + length) return false;
  const data = bytes.subarray(HEADER_BYTES, HEADER_BYTES + length);
  bytes = bytes.subarray(HEADER_BYTES + length);
  if (!greeted) greeted = true;
  else if (channel === 'o') answer.out.push(data);
  else if (channel === 'e') answer.err.push(data);
  else if (channel === 'r') setImmediate(hand, data.readInt32BE(0));
  return true;
}

server.stdout.on('data', (piece) => {
  bytes = Buffer.concat([bytes, piece]);
  while (takeFrame());
});
// A hook's own words come this way.
server.stderr.on('data', (piece) => answer.err.push(piece));
server.stdin.on('error', () => undefined);
server.on('error', () => hand(-1));
server.on('close', () => hand(-1));

port.on('message', (args) => {
  const text = Buffer.from(args.join('\0'));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  server.stdin.write(Buffer.concat([Buffer.from('runcommand\n'), length, text]));
});
port.on('close', () => server.stdin.end());
