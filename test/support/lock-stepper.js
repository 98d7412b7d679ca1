// Takes a lock, but stops just before one of the steps on files that this takes: to be killed, or until it may go on.
// usage: node lock-stepper.js <compiled sources> <lock> <number of the step, from 1> kill|wait
// With `wait` it makes the file <lock>.stopped and waits for <lock>.go.
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const STEPS = ['lstatIfPresent', 'readIfPresent', 'listNames', 'createFleeting', 'link', 'remove'];

const [sources = '', path = '', number = '', action = ''] = process.argv.slice(2);
const end = Date.now() + 200_000;
let step = 0;

globalThis.beforeStep = () => {
  step += 1;
  if (step !== Number(number)) return;
  if (action === 'kill') process.kill(process.pid, 'SIGKILL');
  writeFileSync(`${path}.stopped`, '');
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(`${path}.go`) && Date.now() < end) Atomics.wait(pause, 0, 0, 1);
};

/** Puts a door in front of the file functions that counts the steps; done once for a folder of sources. */
function countSteps() {
  const [files, real] = ['files.js', 'files-uncounted.js'].map((name) => join(sources, 'src', 'system', name));
  if (existsSync(real)) return;
  renameSync(files, real);
  const counted = STEPS.map((name) => `export const ${name} = counted(real.${name});`);
  writeFileSync(
    files,
    [
      "import * as real from './files-uncounted.js';",
      "export * from './files-uncounted.js';",
      'const counted = (step) => (...given) => { globalThis.beforeStep(); return step(...given); };',
      ...counted,
    ].join('\n'),
  );
}

countSteps();
const { acquireLock } = await import(pathToFileURL(join(sources, 'src', 'store', 'lock.js')).href);
const result = acquireLock(path);
process.stdout.write(JSON.stringify({ kind: result.kind, stopped: step >= Number(number) }));
