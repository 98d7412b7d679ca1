import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';

describe.each(HARNESSES.filter(({ name }) => needs(name)))('$name: folders that nobody need watch', (vcs) => {
  it('are never ones in which a new file would count', async () => {
    const world = vcs.createWorld('laptop');
    const [machine] = world.machines;
    if (machine === undefined) throw new Error('no machine');
    vcs.ignore(machine, 'out put', '*.o');
    machine.write('out put/deep/x', 'x');
    machine.write('only objects/a.o', 'x');
    machine.write('mixed/a.o', 'x');
    machine.write('mixed/a.c', 'x');
    mkdirSync(join(machine.top, 'empty'));
    const folders = await (await machine.open()).ignoredFolders();
    expect(folders).toEqual(vcs.name === 'git' ? ['out put'] : []);
    world.remove();
  });
});
