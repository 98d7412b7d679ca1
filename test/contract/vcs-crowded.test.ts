import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { copiesIn, expectConverged } from '../support/oracles.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const FEW = { mostConflictCopies: 3 };

describe.each(HARNESSES.filter(({ name }) => needs(name)))('runaway conflict copies under $name', (vcs) => {
  let world: World<Desk>;
  let mine: Desk;
  let theirs: Desk;
  let meetings = 0;

  beforeEach(() => {
    meetings = 0;
    world = vcs.createWorld('mine', 'theirs');
    [mine, theirs] = world.machines as [Desk, Desk];
  });
  afterEach(() => world.remove());

  /** Both change the same file; theirs is on the hub first, and mine runs then. */
  async function meet(...files: readonly string[]): ReturnType<Desk['run']> {
    meetings += 1;
    for (const file of files) {
      mine.write(file, `MINE ${meetings} ${file}\n`);
      theirs.write(file, `THEIRS ${meetings} ${file}\n`);
    }
    await theirs.run(FEW);
    return await mine.run(FEW);
  }

  /** Makes as many copies of a.txt as there may be. */
  async function crowd(): Promise<void> {
    for (let made = 1; made <= 3; made += 1) {
      expect(await meet('a.txt')).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
      await theirs.run(FEW);
    }
    expect(copiesIn(mine)).toHaveLength(3);
  }

  it('wait for a person once there are as many as may be: nothing is merged, and the work leaves the machine', async () => {
    await crowd();
    mine.write('b.txt', 'MINE ALONE\n');
    const report = await meet('a.txt');
    expect(report).toMatchObject({
      verdict: 'conflict',
      integrate: { kind: 'paused', conflicts: [{ path: 'a.txt' }] },
    });
    expect(report.integrate.conflicts[0]).not.toHaveProperty('copy');
    expect(report.why).toContain("'a.txt' has as many conflict copies as 'max-conflict-copies' allows");
    expect(report.why).toContain('autosync conflicts');
    expect(report.why).toContain(`the work is safe on 'autosync/mine/`);
    expect(copiesIn(mine)).toHaveLength(3);
    expect(mine.read('a.txt')).toBe('MINE 4 a.txt\n');
    expect(mine.savedAside()).toBe(mine.head());
    expect(world.hubHead()).toBe(theirs.head());
    // As often as it runs: no copy more, and nothing of it for the others.
    expect(await mine.run(FEW)).toMatchObject({ verdict: 'conflict' });
    expect(await theirs.run(FEW)).toMatchObject({ verdict: 'synced', integrate: { kind: 'up-to-date' } });
    expect(copiesIn(theirs)).toHaveLength(3);
  });

  it.each(['here', 'there'])('go on by themselves once copies are gone %s, and nothing was lost', async (where) => {
    await crowd();
    expect((await meet('a.txt')).verdict).toBe('conflict');
    const desk = where === 'here' ? mine : theirs;
    for (const copy of copiesIn(desk)) desk.remove(copy);
    await desk.run(FEW);
    await expectConverged(world, { tokens: ['MINE 4 a.txt', 'THEIRS 4 a.txt'], settings: FEW });
    expect(copiesIn(mine)).toHaveLength(1);
  });

  it('of one file are no matter of another, and those of copies count', async () => {
    await crowd();
    const [copy = ''] = copiesIn(mine);
    expect((await meet('b.txt')).verdict).toBe('synced');
    await theirs.run(FEW);
    const report = await meet(copy);
    expect(report).toMatchObject({ verdict: 'conflict', integrate: { conflicts: [{ path: copy }] } });
    expect(report.why).toContain("'a.txt' has");
  });

  it('are not made of what is in no commit either: it stays, and so does the work of the others on the hub', async () => {
    await crowd();
    vcs.ignore(mine, 'a.txt');
    mine.remove('a.txt');
    await mine.run(FEW);
    await theirs.run(FEW);
    mine.write('a.txt', 'IN NO COMMIT\n');
    theirs.write('a.txt', 'THEIRS AGAIN\n');
    await theirs.run(FEW);
    const report = await mine.run(FEW);
    expect(report).toMatchObject({
      verdict: 'conflict',
      integrate: { kind: 'paused', conflicts: [{ path: 'a.txt', kind: 'in-the-way' }] },
    });
    expect(mine.read('a.txt')).toBe('IN NO COMMIT\n');
    expect(copiesIn(mine)).toHaveLength(3);
    for (const copy of copiesIn(mine)) mine.remove(copy);
    expect(await mine.run(FEW)).toMatchObject({ verdict: 'synced' });
    expect(mine.read('a.txt')).toBe('THEIRS AGAIN\n');
    expect(Object.values(mine.files())).toContain('IN NO COMMIT\n');
  });
});
