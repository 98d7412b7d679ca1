import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { expectConverged, wholeState } from '../support/oracles.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const LINES = Array.from({ length: 20 }, (_, n) => `line ${n + 1}`).join('\n');

/** Names that break programs which think that a name is a word. */
const NAMES: Readonly<Record<string, string>> = {
  newline: 'a\nb.txt',
  'carriage return': 'a\rb.txt',
  tab: 'a\tb.txt',
  escape: '\u001b[31mred.txt',
  'leading dash': '-rf.txt',
  'leading blank': ' a.txt',
  'trailing blank': 'a.txt ',
  quotes: '"it\'s".txt',
  backslash: 'a\\b.txt',
  percent: '100%s%n.txt',
  command: '$(touch pwned)`touch pwned`.txt',
  pathspec: ':(glob)**',
  star: '*.txt',
  'bytes that are not UTF-8': 'caf\udce9.txt',
  'NFC and NFD': 'caf\u00e9/cafe\u0301.txt',
  '255 bytes': `${'x'.repeat(251)}.txt`,
  emoji: '👩‍👩‍👧 family.txt',
  'right to left': '\u202etxt.exe',
  arrow: 'a -> b.txt',
};

/** Every version control system passes this. */
function contract(vcs: VcsHarness): void {
  let world: World<Desk>;
  let laptop: Desk;
  let desktop: Desk;

  beforeEach(() => {
    world = vcs.createWorld('laptop', 'desktop');
    [laptop, desktop] = world.machines as [Desk, Desk];
  });
  afterEach(() => world.remove());

  describe('a snapshot', () => {
    it('says which file was added, and on which machine', async () => {
      laptop.write('notes/a.md', 'text\n');
      const report = await laptop.run();
      expect(report.commit.changes).toEqual([{ type: 'added', path: 'notes/a.md' }]);
      expect(laptop.messages()[0]).toBe('Added notes/a.md\n\nAutosync-Machine: laptop');
    });

    it('says which file was modified', async () => {
      laptop.write('README.md', 'other\n');
      await laptop.run();
      expect(laptop.messages()[0]).toMatch(/^Modified README\.md\n/);
    });

    it('says which file was removed', async () => {
      laptop.remove('README.md');
      await laptop.run({}, { allowDeletions: true });
      expect(laptop.messages()[0]).toMatch(/^Removed README\.md\n/);
      await desktop.run();
      expect(desktop.has('README.md')).toBe(false);
    });

    it.each([
      ['as it was', LINES],
      ['and edited', `${LINES}\nmore`],
    ])('says what was renamed, %s', async (_how, content) => {
      laptop.write('a.md', LINES);
      await laptop.run();
      laptop.remove('a.md');
      laptop.write('sub/b.md', content);
      const report = await laptop.run();
      expect(report.commit.changes).toEqual([{ type: 'renamed', from: 'a.md', path: 'sub/b.md' }]);
      expect(laptop.messages()[0]).toMatch(/^Renamed a\.md to sub\/b\.md\n/);
    });

    it('counts several events in its first line and names them below', async () => {
      laptop.write('a.md', LINES);
      await laptop.run();
      laptop.rename('a.md', 'b.md');
      laptop.write('README.md', 'other\n');
      laptop.write('c.md', 'new\n');
      laptop.write('d.md', 'new too\n');
      await laptop.run();
      expect(laptop.messages()[0]?.split('\n')).toEqual([
        'Added 2, modified 1, renamed 1',
        '',
        'Modified README.md',
        'Renamed a.md to b.md',
        'Added c.md',
        'Added d.md',
        '',
        'Autosync-Machine: laptop',
      ]);
    });

    it('takes a changed executable bit for a modification', async () => {
      chmodSync(join(laptop.top, 'README.md'), 0o755);
      await laptop.run();
      expect(laptop.messages()[0]).toMatch(/^Modified README\.md\n/);
      await desktop.run();
      expect(lstatSync(join(desktop.top, 'README.md')).mode & 0o100).toBe(0o100);
    });

    it('does nothing at all when nothing changed', async () => {
      await laptop.run();
      const before = wholeState(laptop);
      const report = await laptop.run();
      expect(report).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' }, push: { kind: 'nothing-to-push' } });
      expect(wholeState(laptop)).toEqual(before);
    });

    it('only says what it would commit when asked to', async () => {
      laptop.write('a.md', 'text\n');
      const head = laptop.head();
      const report = await laptop.run({}, { dryRun: true });
      expect(report).toMatchObject({ verdict: 'skipped', commit: { changes: [{ type: 'added', path: 'a.md' }] } });
      expect(laptop.head()).toBe(head);
      laptop.remove('a.md');
      expect(await laptop.run({}, { dryRun: true })).toMatchObject({ verdict: 'skipped', commit: { changes: [] } });
    });

    it('sends what a person committed by hand', async () => {
      laptop.write('a.md', 'text\n');
      laptop.commit('by hand');
      expect(await laptop.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' }, push: { commits: 1 } });
      await desktop.run();
      expect(desktop.read('a.md')).toBe('text\n');
    });

    it('without pull brings nothing in, without push sends nothing', async () => {
      desktop.write('b.md', 'theirs\n');
      await desktop.run();
      laptop.write('a.md', 'mine\n');
      expect(await laptop.run({}, { push: false })).toMatchObject({
        verdict: 'attention',
        integrate: { kind: 'merged' },
      });
      expect(world.hubHead()).toBe(desktop.head());
      desktop.write('c.md', 'theirs\n');
      await desktop.run();
      const report = await laptop.run({}, { pull: false });
      expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason: 'moved' } });
      expect(report.why).toMatch(/^not pushed: another machine was first/);
      expect(laptop.has('c.md')).toBe(false);
    });
  });

  describe('a bad path', () => {
    it('that is a repository of its own is named, the rest is taken', async () => {
      vcs.create(join(laptop.top, 'nested'));
      laptop.write('nested/inner.txt', 'inner\n');
      mkdirSync(join(laptop.top, 'folder'));
      vcs.create(join(laptop.top, 'folder/empty'));
      laptop.write('good.txt', 'good\n');
      const report = await laptop.run();
      expect(report.verdict).toBe('synced');
      expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
      expect(report.quarantined).toEqual(
        expect.arrayContaining([
          { path: 'nested', reason: 'nested-repository' },
          { path: 'folder/empty', reason: 'nested-repository' },
        ]),
      );
    });

    it('that is too large is named as long as it is', async () => {
      laptop.write('new/big.bin', 'x'.repeat(200));
      laptop.write('good.txt', 'good\n');
      const quarantined = [{ path: 'new/big.bin', reason: 'too-large' }];
      const settings = { maxFileBytes: 100 };
      expect(await laptop.run(settings)).toMatchObject({
        verdict: 'synced',
        quarantined,
        commit: { kind: 'committed' },
      });
      expect(await laptop.run(settings)).toMatchObject({ verdict: 'synced', quarantined, commit: { kind: 'clean' } });
      expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [] });
      await desktop.run();
      expect(desktop.has('new/big.bin')).toBe(true);
    });

    it('that is tracked and has grown too large stays as it was committed', async () => {
      laptop.write('a.bin', 'small');
      await laptop.run();
      laptop.write('a.bin', 'x'.repeat(200));
      const report = await laptop.run({ maxFileBytes: 100 });
      expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'a.bin', reason: 'too-large' }] });
      await desktop.run();
      expect(desktop.read('a.bin')).toBe('small');
    });
  });

  describe.each(Object.entries(NAMES).filter(([, name]) => !vcs.cannotHold.test(name)))(
    'a name with %s',
    (_what, name) => {
      it('survives being added, edited, renamed, removed and met by a conflict', async () => {
        laptop.write(name, LINES);
        laptop.write(`in/${name}`, LINES.toUpperCase());
        expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [] });
        for (const control of ['\u001b', '\u202e', '\r']) expect(laptop.messages()[0]).not.toContain(control);
        await desktop.run();
        expect(desktop.files()).toEqual(laptop.files());
        desktop.write(name, `${LINES}\nTHEIRS`);
        laptop.write(name, `${LINES}\nMINE`);
        desktop.rename(`in/${name}`, `out/${name}`);
        await desktop.run();
        await laptop.run();
        await desktop.run();
        expect(laptop.files()).toMatchObject({ [name]: `${LINES}\nTHEIRS`, [`out/${name}`]: LINES.toUpperCase() });
        laptop.remove(name);
        await expectConverged(world, { tokens: ['MINE'] });
        expect(Object.keys(desktop.files())).not.toContain(name);
        expect(Object.keys(desktop.files())).not.toContain('pwned');
      });
    },
  );

  it.each(['with blanks', 'quotes "\' and $(x)', 'new\nline', '-dash', 'ünïcode'])(
    'a working tree may stand in a folder named %j',
    async (name) => {
      const strange = world.add(name);
      strange.write('a.md', 'text\n');
      expect(await strange.run({ machine: 'strange' })).toMatchObject({ verdict: 'synced' });
      laptop.write('b.md', 'text\n');
      await laptop.run();
      expect(await strange.run({ machine: 'strange' })).toMatchObject({ verdict: 'synced' });
      expect(strange.files()).toEqual(laptop.files());
    },
  );

  it('four machines that push at the same moment all come through', async () => {
    const machines = [laptop, desktop, world.add('third'), world.add('fourth')];
    for (const machine of machines) machine.write(`${machine.name}.txt`, machine.name);
    const reports = await Promise.all(machines.map((machine) => machine.run()));
    expect(reports.map(({ verdict }) => verdict)).toEqual(['synced', 'synced', 'synced', 'synced']);
    await expectConverged({ ...world, machines }, { tokens: machines.map(({ name }) => name) });
  });
}

describe.each(HARNESSES)('$name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('a working tree', () => contract(vcs));
});
