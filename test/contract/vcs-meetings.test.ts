import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { copiesIn, expectConverged } from '../support/oracles.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const LINES = Array.from({ length: 20 }, (_, n) => `line ${n + 1}`).join('\n');

/** Every version control system passes this. */
function contract(vcs: VcsHarness): void {
  let world: World<Desk>;
  let mine: Desk;
  let theirs: Desk;

  beforeEach(() => {
    world = vcs.createWorld('mine', 'theirs');
    [mine, theirs] = world.machines as [Desk, Desk];
  });
  afterEach(() => world.remove());

  describe('an incoming file', () => {
    it('moves an ignored file of its name aside, as a copy', async () => {
      vcs.ignore(mine, '*.log');
      mine.write('only.log', 'MINE ALONE\n');
      theirs.write('only.log', 'THEIRS\n');
      await theirs.run();
      const report = await mine.run();
      const [copy = ''] = copiesIn(mine);
      expect(report.verdict).toBe('synced');
      expect(report.integrate.conflicts).toEqual([{ path: 'only.log', kind: 'in-the-way', kept: 'only.log', copy }]);
      expect(mine.files()).toMatchObject({ 'only.log': 'THEIRS\n', [copy]: 'MINE ALONE\n' });
    });

    it('moves an ignored folder of its name aside, with all that is in it', async () => {
      vcs.ignore(mine, 'cache/');
      mine.write('cache/deep/a.bin', 'MINE ALONE\n');
      theirs.write('cache', 'THEIRS\n');
      await theirs.run();
      expect(await mine.run()).toMatchObject({ verdict: 'synced' });
      expect(mine.read('cache')).toBe('THEIRS\n');
      expect(Object.values(mine.files())).toContain('MINE ALONE\n');
    });

    it('moves an ignored file aside that stands where its folder belongs', async () => {
      vcs.ignore(mine, 'x');
      mine.write('x', 'MINE ALONE\n');
      theirs.write('x/a', 'A\n');
      theirs.write('x/b', 'B\n');
      await theirs.run();
      expect(await mine.run()).toMatchObject({ verdict: 'synced' });
      expect(mine.files()).toMatchObject({ 'x/a': 'A\n', 'x/b': 'B\n' });
      expect(Object.values(mine.files())).toContain('MINE ALONE\n');
    });

    it('moves an ignored file aside a second time, although the first copy still stands there', async () => {
      vcs.ignore(mine, '*.log', '*(conflict*');
      for (const round of ['ONE', 'TWO']) {
        mine.write('only.log', 'MINE ALONE\n');
        theirs.write('only.log', `THEIRS ${round}\n`);
        await theirs.run();
        expect(await mine.run()).toMatchObject({ verdict: 'synced' });
        expect(mine.read('only.log')).toBe(`THEIRS ${round}\n`);
        expect(Object.values(mine.files())).toContain('MINE ALONE\n');
        for (const copy of copiesIn(mine)) mine.write(copy, 'MINE ALONE\n and EDITED\n');
        theirs.remove('only.log');
        await theirs.run();
        await mine.run();
      }
      expect(Object.values(mine.files()).filter((content) => content.includes('EDITED'))).not.toEqual([]);
    });

    it('never makes a secret public that was ignored here', async () => {
      vcs.ignore(mine, '.npmrc', 'odd \\[x] \\*');
      for (const name of ['.npmrc', 'odd [x] *']) {
        mine.write(name, 'SECRET\n');
        theirs.write(name, 'THEIRS\n');
      }
      await theirs.run();
      expect(await mine.run()).toMatchObject({ verdict: 'synced' });
      expect(copiesIn(mine)).toHaveLength(2);
      await mine.run();
      expect(world.hubHistory()).not.toContain('SECRET');
      expect(await mine.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
    });

    it('adopts an ignored file that already holds the same', async () => {
      vcs.ignore(mine, '*.log');
      mine.write('same.log', 'SAME\n');
      theirs.write('same.log', 'SAME\n');
      await theirs.run();
      expect(await mine.run()).toMatchObject({ verdict: 'synced', integrate: { conflicts: [] } });
      expect(copiesIn(mine)).toEqual([]);
    });

    it('moves a file aside that was too large for the snapshot', async () => {
      mine.write('big.bin', 'MINE '.repeat(100));
      theirs.write('big.bin', 'THEIRS\n');
      await theirs.run();
      const report = await mine.run({ maxFileBytes: 100 });
      const copy = report.integrate.conflicts[0]?.copy;
      expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: copy, reason: 'too-large' }] });
      expect(mine.read('big.bin')).toBe('THEIRS\n');
      expect(Object.values(mine.files())).toContain('MINE '.repeat(100));
    });

    it('moves a tracked file aside that has grown too large', async () => {
      mine.write('big.bin', 'BASE\n');
      await mine.run();
      await theirs.run();
      mine.write('big.bin', 'MINE '.repeat(100));
      theirs.write('big.bin', 'THEIRS\n');
      await theirs.run();
      await mine.run({ maxFileBytes: 100 });
      expect(mine.read('big.bin')).toBe('THEIRS\n');
      expect(Object.values(mine.files())).toContain('MINE '.repeat(100));
    });

    it('does not write into a folder that is a link out of the tree', async () => {
      const outside = join(world.folder, 'outside');
      vcs.create(outside);
      writeFileSync(join(outside, 'evil'), 'OUTSIDE\n');
      vcs.ignore(mine, 'x');
      mine.link(outside, 'x');
      theirs.write('x/evil', 'THEIRS\n');
      await theirs.run();
      expect(await mine.run()).toMatchObject({ verdict: 'synced' });
      expect(readFileSync(join(outside, 'evil'), 'utf8')).toBe('OUTSIDE\n');
      expect(mine.files()['x/evil']).toBe('THEIRS\n');
      expect(Object.values(mine.files())).toContain(`-> ${outside}`);
    });
  });

  describe('a tracked link to a folder', () => {
    it('that becomes a folder leaves alone what it led to', async () => {
      const outside = join(world.folder, 'outside');
      vcs.create(outside);
      writeFileSync(join(outside, 'inner'), 'OUTSIDE\n');
      mine.link(outside, 'x');
      await mine.run();
      await theirs.run();
      theirs.remove('x');
      theirs.write('x/inner', 'THEIRS\n');
      await theirs.run();
      expect(await mine.run()).toMatchObject({ verdict: 'synced', integrate: { conflicts: [] } });
      expect(mine.read('x/inner')).toBe('THEIRS\n');
      expect(readFileSync(join(outside, 'inner'), 'utf8')).toBe('OUTSIDE\n');
    });
  });

  describe('rules that arrive with the files they rule', () => {
    it('keeps tracked files that an incoming ignore file names', async () => {
      mine.write('notes.log', LINES);
      await mine.run();
      await theirs.run();
      theirs.write(`.${vcs.name}ignore`, vcs.name === 'git' ? '*.log\n' : 'syntax: glob\n*.log\n');
      await theirs.run();
      mine.write('notes.log', `${LINES}\nMINE`);
      await mine.run();
      await expectConverged(world, { tokens: ['MINE'] });
    });

    it('takes a file out of the tree that somebody stopped to track', async () => {
      mine.write('secret.env', 'TOKEN\n');
      await mine.run();
      await theirs.run();
      theirs.write(`.${vcs.name}ignore`, vcs.name === 'git' ? '*.env\n' : 'syntax: glob\n*.env\n');
      theirs.command(...(vcs.name === 'git' ? ['rm', '-q', '--cached'] : ['forget', '-q']), 'secret.env');
      expect(await theirs.run()).toMatchObject({ verdict: 'synced' });
      expect(theirs.has('secret.env')).toBe(true);
      mine.write('secret.env', 'TOKEN edited\n');
      await mine.run();
      expect(Object.values(mine.files())).toContain('TOKEN edited\n');
    });
  });

  describe('conflict copies', () => {
    it('meet again like any other file', async () => {
      mine.write('a.txt', 'MINE\n');
      theirs.write('a.txt', 'THEIRS\n');
      for (const machine of [theirs, mine, theirs]) await machine.run();
      const [copy = ''] = copiesIn(mine);
      mine.write(copy, 'MINE AGAIN\n');
      theirs.write(copy, 'THEIRS AGAIN\n');
      await expectConverged(world, { tokens: ['THEIRS\n', 'MINE AGAIN', 'THEIRS AGAIN'] });
    });

    it('never replace one that was edited since', async () => {
      mine.write('a.txt', 'MINE\n');
      theirs.write('a.txt', 'THEIRS\n');
      for (const machine of [theirs, mine, theirs]) await machine.run();
      const [copy = ''] = copiesIn(mine);
      theirs.write(copy, 'EDITED COPY\n');
      theirs.write('a.txt', 'THEIRS AGAIN\n');
      await theirs.run();
      mine.write('a.txt', 'MINE\n');
      await expectConverged(world, { tokens: ['EDITED COPY', 'THEIRS AGAIN', 'MINE\n'] });
    });

    it('keep three versions of three machines', async () => {
      const third = world.add('third');
      const three = { ...world, machines: [mine, theirs, third] };
      for (const machine of three.machines) machine.write('a.txt', `FROM ${machine.name}\n`);
      await expectConverged(three, { tokens: ['FROM mine', 'FROM theirs', 'FROM third'] });
      expect(copiesIn(mine)).toHaveLength(2);
    });

    it('keep both when two persons resolve a conflict differently', async () => {
      mine.write('a.txt', 'MINE\n');
      theirs.write('a.txt', 'THEIRS\n');
      for (const machine of [theirs, mine, theirs]) await machine.run();
      const [copy = ''] = copiesIn(mine);
      mine.remove(copy);
      mine.write('a.txt', 'RESOLVED BY mine\n');
      theirs.remove(copy);
      theirs.write('a.txt', 'RESOLVED BY theirs\n');
      await expectConverged(world, { tokens: ['RESOLVED BY mine', 'RESOLVED BY theirs'] });
    });

    it('carry the name of the machine and the day of the version that lost, whoever resolves it', async () => {
      mine.write('a.txt', 'MINE\n');
      theirs.write('a.txt', 'THEIRS\n');
      const today = (): string => new Date().toISOString().slice(0, 10);
      const before = today();
      for (const machine of [theirs, mine]) await machine.run();
      // Midnight may have come meanwhile. The id is that of git's blob, whatever the system.
      const expected = [before, today()].map((day) => [`a (conflict mine ${day} 91cbc16).txt`]);
      expect(expected).toContainEqual(copiesIn(mine));
    });
  });
}

describe.each(HARNESSES)('$name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('a working tree', () => contract(vcs));
});
