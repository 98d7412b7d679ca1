import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onCaseBlindDisk } from '../support/case-blind-disk.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

/** One name in two compositions of Unicode. */
const [COMPOSED, DECOMPOSED] = ['caf\u00e9.txt', 'cafe\u0301.txt'] as const;

/** Every version control system passes this. */
function contract(vcs: VcsHarness): void {
  let world: World<Desk>;
  let here: Desk;
  let there: Desk;
  let end: () => void;

  beforeEach(() => {
    world = vcs.createWorld('here', 'there');
    [here, there] = world.machines as [Desk, Desk];
    end = onCaseBlindDisk(here.top);
  });
  afterEach(() => {
    end();
    world.remove();
  });

  /** Makes both machines have some files. */
  const both = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, content] of Object.entries(files)) there.write(path, content);
    await there.run();
    await here.run();
  };

  it.each([
    ['case', 'Readme.txt', 'README.txt'],
    ['composition', COMPOSED, DECOMPOSED],
  ])('a file whose name changes at the hub in its %s alone is renamed here', async (_what, before, after) => {
    await both({ [before]: 'KEPT\n' });
    there.rename(before, after);
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { conflicts: [] } });
    expect(Object.keys(here.files())).toEqual(Object.keys(there.files()));
    await expectConverged(world, { tokens: ['KEPT\n'] });
    expect(there.read(after)).toBe('KEPT\n');
  });

  it('a file whose name changes at the hub in its case, and that is edited there, is replaced here', async () => {
    await both({ 'Readme.txt': 'old\n' });
    there.rename('Readme.txt', 'README.txt');
    there.write('README.txt', 'old\nNEW\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { conflicts: [] } });
    await expectConverged(world, { tokens: ['NEW\n'] });
    expect(here.committed()).toEqual(there.committed());
  });

  it('a file that becomes a folder of the same letters takes its place', async () => {
    await both({ Notes: 'FILE\n' });
    there.remove('Notes');
    there.write('notes/inner', 'INNER\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { conflicts: [] } });
    await expectConverged(world, { tokens: ['INNER\n'] });
  });

  it('two files that are one here are named, and what was committed here leaves the machine all the same', async () => {
    await both({ 'Pair.txt': 'FIRST\n' });
    there.write('pair.txt', 'SECOND\n');
    await there.run();
    here.write('mine.txt', 'MINE\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'in-the-way' } });
    expect(report.why).toMatch(/'pair.txt' .*'Pair.txt'.*rename.*the work is safe on/);
    expect(here.read('Pair.txt')).toBe('FIRST\n');
    expect(here.savedAside()).toBe(here.head());
    there.rename('pair.txt', 'other.txt');
    await there.run();
    await expectConverged(world, { tokens: ['FIRST\n', 'SECOND\n', 'MINE\n'] });
  });

  it('two files that are one here and come in together are named, too', async () => {
    there.write('Pair.txt', 'FIRST\n');
    there.write('pair.txt', 'SECOND\n');
    await there.run();
    here.write('mine.txt', 'MINE\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'in-the-way' } });
    expect(report.why).toMatch(/'pair.txt' .*'Pair.txt'.*rename.*the work is safe on/);
    expect(here.savedAside()).toBe(here.head());
    expect(Object.keys(here.files())).toEqual(['README.md', 'mine.txt']);
  });

  it('a file that is in no commit gives way to one that is spelled otherwise', async () => {
    vcs.ignore(here, 'local.txt');
    here.write('local.txt', 'LOCAL\n');
    there.write('Local.txt', 'HUB\n');
    await there.run();
    await here.run();
    expect(here.read('Local.txt')).toBe('HUB\n');
    expect(Object.values(here.files())).toContain('LOCAL\n');
    expect(there.read('Local.txt')).toBe('HUB\n');
  });
}

describe.each(HARNESSES)('$name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('on a disk that tells no names apart by their case', () => contract(vcs));
});
