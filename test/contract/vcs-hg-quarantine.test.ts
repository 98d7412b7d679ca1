import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHgWorld, type HgMachine, type HgWorld, hg } from '../support/hg-world.js';
import { expectConverged } from '../support/oracles.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;

beforeEach(() => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => world.remove());

const at = (path: string): string => join(here.top, path);
const fifo = (path: string): void => {
  mkdirSync(join(at(path), '..'), { recursive: true });
  execFileSync('mkfifo', [at(path)]);
};

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
  it.each([
    ['hg', ['init']],
    ['git', ['init', '-q']],
  ] as const)("of %s's are named and left out, metadata and all", async (program, init) => {
    mkdirSync(at('folder/nested'), { recursive: true });
    execFileSync(program, init, { cwd: at('folder/nested') });
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
    expect(here.hg('files')).toBe('README.md\ngood.txt');
  });

  it('that are ignored are not named', async () => {
    here.write('.hgignore', 'syntax: glob\nvendor\n');
    hg(here.top, 'init', 'vendor/lib');
    expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined: [] });
  });

  it('that are git beside hg at the top stay unseen', async () => {
    execFileSync('git', ['init', '-q'], { cwd: here.top });
    here.write('good.txt', 'good\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined: [] });
    expect(here.hg('files')).toBe('README.md\ngood.txt');
  });
});

describe('names that hg cannot hold', () => {
  it.each(['a\nb.txt', 'a\rb.txt', 'folder\r\n/a.txt'])('like %j are named, and the rest is taken', async (name) => {
    here.write(name, 'odd\n');
    here.write('good.txt', 'good\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: name, reason: 'unsupported-name' }] });
    expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
  });
});

describe('files that do not rest', () => {
  /** Starts a program that appends to a file all the time; returns how to end it. */
  function writer(path: string): () => void {
    const script = 'const fs = require("fs"); setInterval(() => fs.appendFileSync(process.argv[1], "line\\n"), 3)';
    const child = spawn(process.execPath, ['-e', script, at(path)], { stdio: 'ignore' });
    return () => void child.kill('SIGKILL');
  }

  it('wait for the next run, and are taken as they are after five', async () => {
    here.write('busy.log', '');
    here.write('good.txt', 'good\n');
    const stop = writer('busy.log');
    await expect.poll(() => here.read('busy.log').length).toBeGreaterThan(50);
    const report = await here.run({}, { trigger: 'scheduler' });
    expect(report.quarantined).toEqual([{ path: 'busy.log', reason: 'still-changing' }]);
    expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
    const fifth = await here.run({}, { trigger: 'scheduler', stillChanging: { 'busy.log': 5 } });
    stop();
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
    const stop = writer('busy.log');
    await expect.poll(() => here.read('busy.log').length).toBeGreaterThan(50);
    const report = await here.run({}, { trigger: 'scheduler' });
    stop();
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
    expect(here.hg('status')).toBe('');
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

  it('because a person told git so is believed', async () => {
    for (const name of ['a', 'b', 'c']) here.write(`disk/${name}`, name);
    await here.run();
    here.hg('remove', '-q', 'disk');
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
