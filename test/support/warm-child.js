// A process that runs one command line of autosync after another, in a fresh environment each, so that only the first
// one pays for loading the program: node warm-child.js <dist/cli.js>
// It is told `{ args, cwd, env }` and answers `{ code, out, err }`.
import { pathToFileURL } from 'node:url';

const { main } = await import(pathToFileURL(process.argv[2] ?? '').href);
process.setMaxListeners(0);
for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);

process.on('message', async (/** @type {{ args: string[], cwd: string, env: Record<string, string> }} */ request) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, request.env);
  process.chdir(request.cwd);
  const out = /** @type {string[]} */ ([]);
  const err = /** @type {string[]} */ ([]);
  const own = { out: process.stdout.write, err: process.stderr.write };
  process.stdout.write = into(out);
  process.stderr.write = into(err);
  try {
    const code = await main(request.args);
    process.send?.({ code, out: out.join(''), err: err.join('') });
  } finally {
    process.stdout.write = own.out;
    process.stderr.write = own.err;
    process.chdir('/');
  }
});

/**
 * @param {string[]} pieces
 * @returns {typeof process.stdout.write}
 */
function into(pieces) {
  return (/** @type {string | Uint8Array} */ text) => pieces.push(String(text)) > 0;
}

process.send?.('ready');
