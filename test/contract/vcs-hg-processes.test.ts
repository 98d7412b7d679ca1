import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHgWorld, type HgMachine, type HgWorld } from '../support/hg-world.js';
import { needs } from '../support/needs.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;
let path: string | undefined;

beforeEach(() => {
  path = process.env['PATH'];
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => {
  process.env['PATH'] = path;
  world.remove();
});

/** Puts an `hg` before the real one that writes down each start; returns how to read what was started since. */
function recordStarts(): () => readonly string[] {
  const real = execFileSync('sh', ['-c', 'command -v hg'], { encoding: 'utf8' }).trim();
  const folder = join(world.folder, 'bin');
  const list = join(world.folder, 'starts');
  mkdirSync(folder);
  writeFileSync(join(folder, 'hg'), `#!/bin/sh\necho "$1 $2 $3" >>'${list}'\nexec '${real}' "$@"\n`);
  chmodSync(join(folder, 'hg'), 0o755);
  process.env['PATH'] = `${folder}:${path}`;
  writeFileSync(list, '');
  return () => readFileSync(list, 'utf8').split('\n').slice(0, -1);
}

const SERVER = 'serve --cmdserver pipe';

describe.skipIf(!needs('hg'))('a run', () => {
  it('that finds nothing to do starts hg once', async () => {
    await here.run();
    const starts = recordStarts();
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'nothing-to-push' } });
    expect(starts()).toEqual([SERVER]);
  });

  it('that commits and pushes, and one that brings something in, start hg once', async () => {
    const starts = recordStarts();
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(starts()).toEqual([SERVER]);
    expect(await there.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded' } });
    expect(starts()).toEqual([SERVER, SERVER]);
  });

  it('that merges starts a second one, for the share', async () => {
    here.write('a.txt', 'MINE\n');
    there.write('a.txt', 'THEIRS\n');
    await there.run();
    const starts = recordStarts();
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    expect(starts()).toEqual([SERVER, SERVER]);
  });
});
