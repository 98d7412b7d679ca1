import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asAbsolute } from '../../src/model/paths.js';
import { systems } from '../../src/vcs/index.js';
import type { Desk } from '../support/desk.js';
import { interruptedTree, VERBS } from '../support/interrupted-tree.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';
import { runAsNobody } from '../support/run-as.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

/** Every version control system passes this. */
function contract(vcs: VcsHarness): void {
  let world: World<Desk>;
  let here: Desk;
  let there: Desk;

  beforeEach(() => {
    world = vcs.createWorld('here', 'there');
    [here, there] = world.machines as [Desk, Desk];
  });
  afterEach(() => world.remove());

  describe('what happens while a run is under way', () => {
    beforeEach(async () => {
      there.write('README.md', 'hello\nfrom there\n');
      there.write('new.txt', 'new\n');
      await there.run();
    });

    it.each(VERBS)('a save just before %s is part of the same run, or of the next', async (verb) => {
      here.write('other.txt', 'mine\n');
      const tree = await interruptedTree(here, verb, () => {
        here.write('README.md', 'SAVED\n');
        here.write('new.txt', 'SAVED TOO\n');
      });
      await here.run({}, { tree });
      // What had been put in place already is what he saved over.
      const theirs = verb === 'push' || verb === 'uncommitted' ? [] : ['from there', 'new\n'];
      await expectConverged(world, { tokens: ['SAVED\n', 'SAVED TOO\n', 'mine\n', ...theirs] });
    });

    it.each(VERBS)('a commit by hand just before %s stays', async (verb) => {
      here.write('other.txt', 'mine\n');
      const tree = await interruptedTree(here, verb, () => {
        here.write('hand.txt', 'BY HAND\n');
        here.commit('by hand', 'hand.txt');
      });
      await here.run({}, { tree });
      await expectConverged(world, { tokens: ['BY HAND', 'from there', 'mine\n'] });
      expect(here.messages()).toContain('by hand');
    });

    it.each(VERBS)('a branch switched just before %s is not moved', async (verb) => {
      const tree = await interruptedTree(here, verb, () => here.branchOff('other'));
      here.write('other.txt', 'mine\n');
      await here.run({}, { tree });
      expect(here.branch()).toBe('other');
      expect(here.status().replace(/^\?\?? other.txt$/, '')).toBe('');
      here.switchTo(world.branch);
      await expectConverged(world, { tokens: ['from there'] });
    });

    it('a program that writes to an old version afterwards is heard by the next run', async () => {
      const file = openSync(join(here.top, 'README.md'), 'a');
      await here.run();
      expect(here.read('README.md')).toBe('hello\nfrom there\n');
      writeSync(file, 'LATE\n');
      closeSync(file);
      await here.run();
      await expectConverged(world, { tokens: ['hello\nLATE\n', 'hello\nfrom there\n'] });
    });

    it('a placement that was killed after its commit is not taken back once the person has committed since', async () => {
      await here.run();
      const ours = join(here.top, `.${vcs.name}`, 'autosync');
      const [aside = ''] = readdirSync(ours).filter((name) => name.startsWith('aside-'));
      renameSync(join(ours, aside), join(ours, 'placement'));
      (await here.open()).begin();
      here.write('hand.txt', 'BY HAND\n');
      here.commit('by hand');
      expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
      await expectConverged(world, { tokens: ['BY HAND', 'from there', 'new\n'] });
    });
  });

  describe('files that are put in place', () => {
    it('keep the permissions that the old ones had', async () => {
      here.write('secret.txt', 'one\n');
      here.write('run.sh', 'one\n');
      await here.run();
      await there.run();
      chmodSync(join(here.top, 'secret.txt'), 0o600);
      chmodSync(join(here.top, 'run.sh'), 0o640);
      there.write('secret.txt', 'two\n');
      there.write('run.sh', 'two\n');
      chmodSync(join(there.top, 'run.sh'), 0o755);
      await there.run();
      await here.run();
      const modeOf = (name: string): string => (statSync(join(here.top, name)).mode & 0o777).toString(8);
      expect(here.read('secret.txt')).toBe('two\n');
      expect([modeOf('secret.txt'), modeOf('run.sh')]).toEqual(['600', '750']);
    });

    it('are not touched again by the next run', async () => {
      there.write('README.md', 'theirs\n');
      await there.run();
      await here.run();
      const { nlink, ctimeMs } = statSync(join(here.top, 'README.md'));
      expect(nlink).toBe(1);
      await here.run();
      expect(statSync(join(here.top, 'README.md')).ctimeMs).toBe(ctimeMs);
    });

    it('leave no empty folders behind', async () => {
      here.write('a/b/c/file.txt', 'one\n');
      await here.run();
      await there.run();
      there.rename('a/b/c/file.txt', 'elsewhere.txt');
      rmSync(join(there.top, 'a'), { recursive: true });
      await there.run();
      await here.run();
      expect(existsSync(join(here.top, 'a'))).toBe(false);
    });

    it('get the permissions of the umask where there were none', async () => {
      there.write('new.sh', 'new\n');
      chmodSync(join(there.top, 'new.sh'), 0o755);
      await there.run();
      const before = process.umask(0o077);
      await here.run();
      process.umask(before);
      expect(statSync(join(here.top, 'new.sh')).mode & 0o777).toBe(0o700);
    });
  });

  describe('a folder that becomes something else at the hub, and holds more here than was committed', () => {
    beforeEach(async () => {
      there.write('d/tracked.txt', 'OLD\n');
      there.write('d/er/tracked.txt', 'OLD DEEP\n');
      await there.run();
      await here.run();
      vcs.ignore(here, '*.o', 'd/cache');
      here.write('d/er/left.o', 'LEFT\n');
      here.write('d/cache', 'CACHE\n');
      there.remove('d');
    });

    it.each([
      ['file', (): void => there.write('d', 'NEW\n'), 'NEW\n'],
      ['link', (): void => there.link('README.md', 'd'), '-> README.md'],
    ])('gives way to a %s, and what was left in it is kept beside it, and out of commits', async (_what, make, now) => {
      make();
      await there.run();
      here.write('mine.txt', 'MINE\n');
      expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
      const { d, ...others } = here.files();
      expect(d).toBe(now);
      expect(Object.entries(others).filter(([path]) => path.startsWith('d'))).toEqual([
        [expect.stringMatching(/^d \(conflict .*\)\/cache$/), 'CACHE\n'],
        [expect.stringMatching(/^d \(conflict .*\)\/er\/left\.o$/), 'LEFT\n'],
      ]);
      expect(here.committed()).toEqual(['README.md', 'd', 'mine.txt']);
      expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
    });
  });

  describe("what lies in a repository's own folder", () => {
    const other = vcs.name === 'git' ? 'hg' : 'git';

    it.each([`.${other}/hooks`, `sub/.${other.toUpperCase()}/config`])(
      'never comes in with a push, and our work leaves all the same: %j',
      async (path) => {
        there.write(path, 'EVIL\n');
        there.commit('evil', path);
        there.send();
        const blocked = { kind: 'unsupported', hint: expect.stringContaining("repository's own folder") };
        expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked });
        here.write('mine.txt', 'MINE\n');
        const report = await here.run();
        expect(report).toMatchObject({ verdict: 'blocked', blocked });
        expect(report.why).toMatch(/config|hooks/);
        expect(here.files()).toEqual({ 'README.md': 'hello\n', 'mine.txt': 'MINE\n' });
        expect(here.has(path)).toBe(false);
        expect(here.savedAside()).toBe(here.head());
        there.remove(path);
        there.commit('taken back', path);
        there.send();
        await expectConverged(world, { tokens: ['MINE\n'] });
      },
    );

    it('is in no folder that a clone was to become', async () => {
      there.write(`sub/.${other}/config`, 'EVIL\n');
      there.commit('evil', `sub/.${other}/config`);
      there.send();
      const folder = asAbsolute(join(world.folder, 'cloned'));
      const result = await systems
        .find(({ kind }) => kind === vcs.name)
        ?.clone({
          url: world.hub,
          folder,
          networkTimeoutMs: 20_000,
        });
      expect(result).toMatchObject({ kind: 'refused', why: expect.stringContaining(`sub/.${other}/config`) });
      expect(readdirSync(world.folder).filter((name) => name.includes('cloned'))).toEqual([]);
    });

    it('stays as it is where it is in the history already, and stops nobody', async () => {
      there.write(`sub/.${other}/config`, 'OLD\n');
      there.commit('by hand', `sub/.${other}/config`);
      there.send();
      const third = world.add('third');
      there.write('new.txt', 'NEW\n');
      there.commit('another', 'new.txt');
      there.send();
      expect(await third.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded' } });
      there.remove(`sub/.${other}/config`);
      there.commit('gone', `sub/.${other}/config`);
      there.send();
      expect(await third.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'unsupported' } });
      expect(third.read(`sub/.${other}/config`)).toBe('OLD\n');
    });
  });

  describe('what stays as it is here, run after run', () => {
    /** Makes both sides go on: the hub's work waits to come in, and ours to leave. */
    const goOn = async (path: string): Promise<void> => {
      there.write(path, 'THEIRS\n');
      there.write('theirs.txt', 'THEIRS TOO\n');
      await there.run();
      here.write('mine.txt', 'MINE\n');
    };

    it('a removal that the settings leave out does not keep the hub out, whose version comes in', async () => {
      there.write('a.log', 'OLD\n');
      await there.run();
      await here.run();
      here.remove('a.log');
      await goOn('a.log');
      expect(await here.run({ ignore: ['*.log'] })).toMatchObject({
        verdict: 'synced',
        integrate: { kind: 'merged', conflicts: [] },
        push: { kind: 'pushed' },
      });
      expect(here.read('a.log')).toBe('THEIRS\n');
      await expectConverged(world, { tokens: ['MINE\n', 'THEIRS TOO\n'] });
    });

    it('a surprise that ends every round is told, and what was committed here leaves the machine all the same', async () => {
      await goOn('README.md');
      const tree = await here.open();
      const why = "'README.md' changed meanwhile";
      const report = await here.run(
        {},
        { tree: { ...tree, integrate: async () => ({ kind: 'changed-meanwhile', why }) }, random: () => 0 },
      );
      expect(report).toMatchObject({ verdict: 'attention' });
      expect(report.why).toMatch(/^'README.md' changed meanwhile; the work is safe on '.*'; .*by hand: (git|hg) merge/);
      expect(here.savedAside()).toBe(here.head());
      await expectConverged(world, { tokens: ['MINE\n', 'THEIRS\n'] });
    });

    it.skipIf(!needs('useradd as root'))(
      'a folder that may not be entered is named, and our work leaves all the same',
      async () => {
        there.write('closed/a.txt', 'A\n');
        await there.run();
        await here.run();
        await goOn('closed/a.txt');
        chmodSync(join(here.top, 'closed'), 0);
        const report = runAsNobody(world, here);
        chmodSync(join(here.top, 'closed'), 0o755);
        execFileSync('chown', ['-R', 'root', world.folder]);
        expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'in-the-way' } });
        expect(report.why).toMatch(/'closed\/a.txt' lies in a folder that may not be entered.*the work is safe on/);
        expect(here.savedAside()).toBe(here.head());
        await expectConverged(world, { tokens: ['MINE\n', 'THEIRS\n', 'THEIRS TOO\n'] });
      },
    );
  });
}

describe.each(HARNESSES)('$name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('a working tree', () => contract(vcs));
});
