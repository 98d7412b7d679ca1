import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, symlinkSync, truncateSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';
import { runAsNobody } from '../support/run-as.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

let world: World<Desk>;
let here: Desk;
let there: Desk;

const at = (path: string): string => join(here.top, path);
const fifo = (path: string): void => {
  mkdirSync(join(at(path), '..'), { recursive: true });
  execFileSync('mkfifo', [at(path)]);
};

/** Every version control system passes this. */
function contract(vcs: VcsHarness): void {
  beforeEach(() => {
    world = vcs.createWorld('here', 'there');
    [here, there] = world.machines as [Desk, Desk];
  });
  afterEach(() => world.remove());

  describe('special files', () => {
    it('are left out, whatever they are and wherever they stand', async () => {
      fifo('new/pipe');
      here.write('new/good.txt', 'good\n');
      const server: Server = createServer();
      await new Promise<void>((resolve) => server.listen(at('new/socket'), resolve));
      const report = await here.run();
      await new Promise((resolve) => server.close(resolve));
      expect(report.verdict).toBe('synced');
      expect(report.commit.changes).toEqual([{ type: 'added', path: 'new/good.txt' }]);
      expect(report.quarantined).toEqual(
        expect.arrayContaining([
          { path: 'new/pipe', reason: 'special-file' },
          { path: 'new/socket', reason: 'special-file' },
        ]),
      );
    });

    it('that were tracked files stay as they were committed, and the rest is taken', async () => {
      here.remove('README.md');
      fifo('README.md');
      here.write('good.txt', 'good\n');
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'README.md', reason: 'special-file' }] });
      await there.run();
      expect(there.files()).toEqual({ 'README.md': 'hello\n', 'good.txt': 'good\n' });
    });

    it('that stand where a file arrives move aside', async () => {
      fifo('data');
      there.write('data', 'theirs\n');
      await there.run();
      expect(await here.run()).toMatchObject({ verdict: 'synced' });
      expect(here.read('data')).toBe('theirs\n');
      expect(Object.values(here.files())).toContain('special');
    });
  });

  describe('links', () => {
    it('are taken as links, wherever they point, and never followed', async () => {
      symlinkSync('/etc', at('out'));
      symlinkSync('loop', at('loop'));
      symlinkSync('.', at('self'));
      symlinkSync('nowhere', at('dangling'));
      await expectConverged(world, { tokens: ['-> /etc', '-> loop', '-> .', '-> nowhere'] });
    });

    it('that replace a folder replace its files', async () => {
      here.write('folder/a.txt', 'a\n');
      here.write('other/a.txt', 'OTHER\n');
      await here.run();
      await there.run();
      here.remove('folder');
      symlinkSync('other', at('folder'));
      expect(await here.run()).toMatchObject({ verdict: 'synced' });
      await expectConverged(world, { tokens: ['-> other', 'OTHER'] });
      expect(Object.keys(there.files()).sort()).toEqual(['README.md', 'folder', 'other/a.txt']);
    });
  });

  describe('repositories in the repository', () => {
    it.each(HARNESSES)('of $name are named and left out, metadata and all', async (other) => {
      if (!needs(other.name)) return;
      mkdirSync(at('folder'));
      other.create(at('folder/nested'));
      here.write('folder/nested/a.txt', 'a\n');
      here.write('good.txt', 'good\n');
      for (const changes of [[{ type: 'added', path: 'good.txt' }], []]) {
        const report = await here.run();
        expect(report).toMatchObject({
          verdict: 'synced',
          commit: { changes },
          quarantined: [{ path: 'folder/nested', reason: 'nested-repository' }],
        });
      }
      expect(here.committed()).toEqual(['README.md', 'good.txt']);
    });

    it('that are ignored are not named', async () => {
      vcs.ignore(here, 'vendor');
      mkdirSync(at('vendor'));
      vcs.create(at('vendor/lib'));
      expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined: [] });
    });

    it("that are the other system's at the top stay unseen", async () => {
      const other = HARNESSES.find(({ name }) => name !== vcs.name);
      const folder = join(world.folder, 'other');
      other?.create(folder);
      renameSync(join(folder, `.${other?.name}`), at(`.${other?.name}`));
      here.write('good.txt', 'good\n');
      expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined: [] });
      expect(here.committed()).toEqual(['README.md', 'good.txt']);
    });

    it("that are the other system's at the top stay out of commits where a folder has become a link", async () => {
      here.write('folder/a.txt', 'a\n');
      here.write('other/a.txt', 'OTHER\n');
      await here.run();
      const other = HARNESSES.find(({ name }) => name !== vcs.name);
      const folder = join(world.folder, 'other');
      other?.create(folder);
      renameSync(join(folder, `.${other?.name}`), at(`.${other?.name}`));
      here.write(`.${other?.name}/config`, 'PASSWORD\n');
      here.remove('folder');
      symlinkSync('other', at('folder'));
      here.write('good.txt', 'good\n');
      expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' }, quarantined: [] });
      expect(here.committed()).toEqual(['README.md', 'folder', 'good.txt', 'other/a.txt']);
      expect(world.hubHistory()).not.toContain('PASSWORD');
    });

    it('that take the place of a tracked file do not become a part of it', async () => {
      here.remove('README.md');
      vcs.create(at('README.md'));
      here.write('README.md/a', 'INNER\n');
      const inner = vcs.machineAt(at('README.md'), 'inner');
      inner.commit('inner');
      here.write('good.txt', 'good\n');
      await here.run();
      expect(here.committed()).toContain('good.txt');
      expect(world.hubHistory()).not.toMatch(/INNER|160000/);
      expect(inner.read('a')).toBe('INNER\n');
      await there.run();
      expect(there.has('good.txt')).toBe(true);
    });
  });

  describe('files that do not rest', () => {
    /** Long enough that a writer which has to wait for its turn on a busy machine has written once more. */
    const PATIENT = { settleSeconds: 2 };

    /** Starts a program that appends to a file all the time, and waits until it does; returns how to end it. */
    async function writer(path: string): Promise<() => Promise<void>> {
      const script = 'const fs = require("fs"); setInterval(() => fs.appendFileSync(process.argv[1], "line\\n"), 3)';
      const child = spawn(process.execPath, ['-e', script, at(path)], { stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
      await expect.poll(() => here.read(path).length, { timeout: 60_000 }).toBeGreaterThan(50);
      return async () => {
        child.kill('SIGKILL');
        await ended;
      };
    }

    it('wait for the next run, and are taken as they are after five', async () => {
      here.write('busy.log', '');
      here.write('good.txt', 'good\n');
      const stop = await writer('busy.log');
      const report = await here.run(PATIENT, { trigger: 'scheduler' });
      expect(report.quarantined).toEqual([{ path: 'busy.log', reason: 'still-changing' }]);
      expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
      const fifth = await here.run(PATIENT, { trigger: 'scheduler', stillChanging: { 'busy.log': 5 } });
      await stop();
      expect(fifth.commit.changes).toEqual([{ type: 'added', path: 'busy.log' }]);
      await here.run();
      await expectConverged(world);
    });

    it('put an incoming version of them off', async () => {
      here.write('busy.log', 'base\n');
      await here.run();
      await there.run();
      there.write('busy.log', 'THEIRS\n');
      await there.run();
      const stop = await writer('busy.log');
      const report = await here.run(PATIENT, { trigger: 'scheduler' });
      await stop();
      expect(report).toMatchObject({ verdict: 'attention', integrate: { kind: 'postponed' } });
      await expectConverged(world, { tokens: ['base\nline\nline\n', 'THEIRS\n'] });
    });

    it('that were saved a moment ago are waited for, once', async () => {
      here.write('young.txt', 'young\n');
      const slept: number[] = [];
      const clock = {
        now: Date.now,
        monotonic: () => performance.now(),
        sleep: async (milliseconds: number) => void slept.push(milliseconds),
      };
      await here.run({}, { trigger: 'scheduler', clock });
      expect(here.status()).toBe('');
    });
  });

  describe('a folder that stands there empty', () => {
    it('is not believed to have been emptied', async () => {
      for (const name of ['a', 'b', 'c']) here.write(`disk/${name}`, name);
      await here.run();
      for (const name of ['a', 'b', 'c']) here.remove(`disk/${name}`);
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'emptied-folder' } });
      expect(await here.run({}, { allowDeletions: true })).toMatchObject({ verdict: 'synced' });
      await there.run();
      expect(there.has('disk/a')).toBe(false);
    });

    it('because its files were moved elsewhere is believed', async () => {
      for (const name of ['a', 'b', 'c']) here.write(`inbox/${name}`, `content of ${name}\n`.repeat(5));
      await here.run();
      for (const name of ['a', 'b', 'c']) here.rename(`inbox/${name}`, `done/${name}`);
      expect(await here.run()).toMatchObject({ verdict: 'synced' });
      await expectConverged(world, { tokens: ['content of a', 'content of b'] });
    });

    it('because a person told his system so is believed', async () => {
      for (const name of ['a', 'b', 'c']) here.write(`disk/${name}`, name);
      await here.run();
      here.command(vcs.name === 'git' ? 'rm' : 'remove', '-q', ...(vcs.name === 'git' ? ['-r'] : []), 'disk');
      mkdirSync(at('disk'));
      expect(await here.run()).toMatchObject({ verdict: 'synced' });
    });
  });

  it('a huge file that is too large is not even read', async () => {
    here.write('sparse.img', '');
    truncateSync(at('sparse.img'), 6 * 2 ** 30);
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'sparse.img', reason: 'too-large' }] });
  });

  describe.skipIf(!needs('useradd as root'))('an ordinary user, who may not read everything,', () => {
    it('names an unreadable file, and takes the rest', () => {
      here.write('closed.txt', 'closed\n');
      here.write('good.txt', 'good\n');
      chmodSync(at('closed.txt'), 0);
      const report = runAsNobody(world, here);
      expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'closed.txt', reason: 'unreadable' }] });
      expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
    });

    it('names an unreadable file that is tracked, and keeps it as it was committed', () => {
      here.write('README.md', 'changed\n');
      here.write('good.txt', 'good\n');
      chmodSync(at('README.md'), 0);
      const report = runAsNobody(world, here);
      expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'README.md', reason: 'unreadable' }] });
      expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
    });

    it.each([
      ['neither be listed nor entered', 0],
      ['be listed, but not entered', 0o400],
      ['be entered, but not listed', 0o100],
    ])('loses nothing in a folder that may %s, and names it', async (_how, mode) => {
      here.write('folder/tracked.txt', 'tracked\n');
      await here.run();
      here.write('folder/new.txt', 'new\n');
      here.write('good.txt', 'good\n');
      chmodSync(at('folder'), mode);
      const report = runAsNobody(world, here);
      expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
      expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'folder', reason: 'unreadable' }] });
      chmodSync(at('folder'), 0o755);
      const next = runAsNobody(world, here);
      expect(next.commit.changes).toEqual([{ type: 'added', path: 'folder/new.txt' }]);
    });

    it.each([
      ['neither be listed nor entered', 0],
      ['be listed, but not entered', 0o400],
    ])('is told of a folder that may %s, also where nothing else is new', async (_how, mode) => {
      here.write('folder/tracked.txt', 'tracked\n');
      await here.run();
      here.write('folder/tracked.txt', 'CHANGED\n');
      chmodSync(at('folder'), mode);
      const unreadable = [{ path: 'folder', reason: 'unreadable' }];
      expect(runAsNobody(world, here)).toMatchObject({ verdict: 'synced', quarantined: unreadable });
      expect(runAsNobody(world, here)).toMatchObject({ verdict: 'synced', quarantined: unreadable });
      chmodSync(at('folder'), 0o755);
      const next = runAsNobody(world, here);
      expect(next.commit.changes).toEqual([{ type: 'modified', path: 'folder/tracked.txt' }]);
    });

    it('is told of a folder that may be listed, but not entered, and of which nothing is committed', () => {
      here.write('folder/new.txt', 'new\n');
      chmodSync(at('folder'), 0o400);
      const report = runAsNobody(world, here);
      expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'folder', reason: 'unreadable' }] });
      chmodSync(at('folder'), 0o755);
      expect(runAsNobody(world, here).commit.changes).toEqual([{ type: 'added', path: 'folder/new.txt' }]);
    });

    it('publishes nothing that he keeps to himself while the rules for that cannot be read', async () => {
      const rules = `.${vcs.name}ignore`;
      here.write(rules, vcs.name === 'git' ? '*.log\n' : 'syntax: glob\n*.log\n');
      await here.run();
      here.write('private.log', 'MINE ALONE\n');
      here.write('good.txt', 'good\n');
      chmodSync(at(rules), 0);
      const report = runAsNobody(world, here);
      expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'damaged' } });
      expect(report.why).toMatch(new RegExp(`\\${rules}' cannot be read, .*: make it readable again`));
      expect(report.commit.changes).toEqual([]);
      chmodSync(at(rules), 0o644);
      const next = runAsNobody(world, here);
      expect(next).toMatchObject({ verdict: 'synced', quarantined: [] });
      expect(next.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
    });

    it('meets a folder in which nothing can be changed, and leaves the tree as it was', async () => {
      there.write('folder/a.txt', 'a\n');
      await there.run();
      await here.run();
      there.write('folder/a.txt', 'a again\n');
      there.write('b.txt', 'b\n');
      await there.run();
      chmodSync(at('folder'), 0o555);
      const before = here.files();
      expect(runAsNobody(world, here).verdict).toBe('attention');
      expect(here.files()).toEqual(before);
      chmodSync(at('folder'), 0o755);
      expect(runAsNobody(world, here).verdict).toBe('synced');
      expect(here.read('folder/a.txt')).toBe('a again\n');
    });
  });
}

describe.each(HARNESSES)('$name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('a working tree', () => contract(vcs));
});
