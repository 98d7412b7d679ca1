// One of several processes that try to take the same locks at the same moment.
// usage: node lock-racer.js <compiled sources> <folder> <own number> <number of racers> <rounds>
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [sources = '', folder = '', me = '', racers = '', rounds = ''] = process.argv.slice(2);
const { acquireLock } = await import(pathToFileURL(join(sources, 'src', 'store', 'lock.js')).href);
const pause = new Int32Array(new SharedArrayBuffer(4));

const end = Date.now() + 200_000;

/** Waits until all racers have come to the same point, but not for ever: one of them may have failed. */
function meet(point) {
  writeFileSync(join(folder, `${point}.${me}`), '');
  for (let other = 0; other < Number(racers); other += 1) {
    while (!existsSync(join(folder, `${point}.${other}`))) {
      if (Date.now() > end) throw new Error(`racer ${other} did not come to ${point}`);
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

const results = [];
for (let round = 0; round < Number(rounds); round += 1) {
  const path = join(folder, `${round}.lock`);
  meet(`start-${round}`);
  const result = acquireLock(path);
  meet(`tried-${round}`);
  const kept = result.kind === 'held' || readFileSync(path, 'utf8').includes(`"pid":${process.pid},`);
  results.push({ kind: result.kind, kept });
  if (result.kind === 'acquired') result.lock.release();
}
process.stdout.write(JSON.stringify(results));
