import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHgWorld, type HgMachine, type HgWorld } from '../support/hg-world.js';
import { needs } from '../support/needs.js';

let world: HgWorld;
let here: HgMachine;

beforeEach(() => {
  world = createHgWorld('here', 'there');
  [here] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => world.remove());

describe.skipIf(!needs('hg'))('names that hg cannot hold', () => {
  it.each(['a\nb.txt', 'a\rb.txt', 'folder\r\n/a.txt'])('like %j are named, and the rest is taken', async (name) => {
    here.write(name, 'odd\n');
    here.write('good.txt', 'good\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: name, reason: 'unsupported-name' }] });
    expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
  });
});
