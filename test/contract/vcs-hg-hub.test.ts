import { type ChildProcess, spawn } from 'node:child_process';
import { lstatSync, lutimesSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asAbsolute } from '../../src/model/paths.js';
import { hg as hgSystem } from '../../src/vcs/hg/index.js';
import { createHgWorld, type HgMachine, type HgWorld, hg, hgMachineAt } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;
const children: ChildProcess[] = [];

beforeEach(() => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  world.remove();
});

const hubIs = (machine: HgMachine, url: string): void =>
  writeFileSync(join(machine.top, '.hg/hgrc'), `[paths]\ndefault = ${url}\n`);

/** Makes the hub refuse pushes in its own words. */
const refuse = (words: string): void =>
  writeFileSync(join(world.hub, '.hg/hgrc'), `[hooks]\npretxnchangegroup = echo '${words}' >&2; exit 1\n`);

/** Serves the hub over http until the test ends; returns its URL. */
async function serveHub(): Promise<string> {
  const options = ['--config', 'web.push_ssl=no', '--config', 'web.allow-push=*', '--print-url'];
  const child = spawn('hg', ['serve', '-a', '127.0.0.1', '-p', '0', ...options], { cwd: world.hub, stdio: 'pipe' });
  children.push(child);
  let said = '';
  child.stdout.on('data', (piece: Buffer) => {
    said += piece.toString('utf8');
  });
  await expect.poll(() => said, { timeout: 60_000 }).toMatch(/:(\d+)\//);
  return `http://127.0.0.1:${/:(\d+)\//.exec(said)?.[1]}/`;
}

describe.skipIf(!needs('hg'))('a hub over http', () => {
  it('is cloned, pulled from and pushed to', async () => {
    const url = await serveHub();
    const folder = asAbsolute(join(world.folder, 'cloned'));
    expect(await hgSystem.clone({ url, folder, networkTimeoutMs: 20_000 })).toEqual({ kind: 'cloned' });
    // Begun again, it is there already; another one is not put in its place.
    expect(await hgSystem.clone({ url, folder, networkTimeoutMs: 20_000 })).toEqual({ kind: 'cloned' });
    expect((await hgSystem.clone({ url: `${url}other`, folder, networkTimeoutMs: 20_000 })).kind).toBe('refused');
    expect(await hgSystem.remotes(folder)).toEqual(['default']);
    const cloned = hgMachineAt(folder, 'cloned');
    there.write('a.txt', 'THEIRS\n');
    await there.run();
    cloned.write('a.txt', 'MINE\n');
    expect(await cloned.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    await expectConverged({ ...world, machines: [cloned, there] }, { tokens: ['MINE', 'THEIRS'] });
  });

  it('whose hook refuses a push is told as that', async () => {
    refuse('no pushes on fridays');
    hubIs(here, await serveHub());
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason: 'hook' } });
  });

  it('that lets nobody push is told as that', async () => {
    const child = spawn('hg', ['serve', '-a', '127.0.0.1', '-p', '0', '--print-url'], {
      cwd: world.hub,
      stdio: 'pipe',
    });
    children.push(child);
    let said = '';
    child.stdout.on('data', (piece: Buffer) => {
      said += piece.toString('utf8');
    });
    await expect.poll(() => said, { timeout: 60_000 }).toMatch(/:(\d+)\//);
    hubIs(here, `http://127.0.0.1:${/:(\d+)\//.exec(said)?.[1]}/`);
    here.write('a.txt', 'a\n');
    expect((await here.run()).verdict).toBe('attention');
  });
});

describe.skipIf(!needs('hg'))('a hub with several heads', () => {
  it('is followed where it moved last, and nothing is taken for rewritten', async () => {
    there.write('b.txt', 'b\n');
    await there.run();
    await here.run();
    there.hg('update', '-q', '-r', '0');
    there.write('c.txt', 'c\n');
    there.hg('commit', '-q', '-A', '-m', 'second head');
    there.hg('push', '-q', '--force', '-r', '.');
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    expect(here.files()).toEqual({ 'README.md': 'hello\n', 'b.txt': 'b\n', 'c.txt': 'c\n' });
  });

  it('of which one is not merged is never called synced, until it is merged', async () => {
    for (const name of ['b.txt', 'c.txt']) {
      there.hg('update', '-q', '-r', '0');
      there.write(name, 'there\n');
      there.commit(name);
      there.hg('push', '-q', '--force', '-r', '.');
    }
    const other = there.hg('log', '-r', '1', '-T', '{short(node)}');
    for (let turn = 0; turn < 2; turn += 1) {
      const report = await here.run();
      expect(report.verdict).toBe('attention');
      expect(report.why).toContain(`a further head of 'default', not merged here: hg merge -r ${other}`);
    }
    here.hg('merge', '-q', '-r', other);
    here.hg('commit', '-q', '-m', 'merged by hand');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });
});

describe.skipIf(!needs('hg'))('a head of the branch on the hub, under a bookmark', () => {
  /** Makes a head on what came first, under a bookmark of another person's, and sends it. */
  function begin(bookmark: string, file: string): void {
    there.hg('update', '-q', '-r', '0');
    there.hg('bookmark', '-q', bookmark);
    more(bookmark, file);
  }

  function more(bookmark: string, file: string): void {
    there.hg('update', '-q', bookmark);
    there.write(file, 'there\n');
    there.commit(file);
    there.hg('push', '-q', '-r', '.', '-B', bookmark);
  }

  /** Makes a head without a bookmark on what came first, and sends it. */
  function plain(file: string): void {
    there.hg('update', '-q', '-r', '0');
    there.write(file, 'there\n');
    there.commit(file);
    there.hg('push', '-q', '--force', '-r', '.');
  }

  it.each(['newer', 'older'])('is left alone and told where there is another one (%s)', async (age) => {
    if (age === 'newer') plain('b.txt');
    begin('feature', 'f.txt');
    if (age === 'older') plain('b.txt');
    here.write('a.txt', 'a\n');
    for (let turn = 0; turn < 2; turn += 1) {
      const report = await here.run();
      expect(report.verdict).toBe('attention');
      expect(report.why).toContain("a further head of 'default', under the bookmark 'feature', not merged here");
      expect(report.why).toContain("to follow it instead: hg pull -B 'feature', then hg update 'feature'");
    }
    expect(Object.keys(here.files()).sort()).toEqual(['README.md', 'a.txt', 'b.txt']);
    expect(hg(world.hub, 'log', '-r', here.head(), '-T', '{node}')).toBe(here.head());
    more('feature', 'g.txt');
    expect((await here.run()).verdict).toBe('attention');
    here.hg('merge', '-q', '-r', 'feature');
    here.hg('commit', '-q', '-m', 'merged by hand');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });

  it.each(['@', 'main'])('is followed where there is no other one, and goes on being (%s)', async (bookmark) => {
    begin(bookmark, 'b.txt');
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    more(bookmark, 'c.txt');
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    expect(Object.keys(here.files()).sort()).toEqual(['README.md', 'a.txt', 'b.txt', 'c.txt']);
    for (const machine of [there, here]) expect((await machine.run()).verdict).toBe('synced');
    expect(there.head()).toBe(here.head());
  });

  it('is followed where the bookmark is active, and the others are left alone and told', async () => {
    begin('feature', 'f.txt');
    there.hg('bookmark', '-q', '--inactive');
    plain('b.txt');
    here.hg('pull', '-q');
    here.hg('update', '-q', 'feature');
    here.write('a.txt', 'a\n');
    for (let turn = 0; turn < 2; turn += 1) {
      const report = await here.run();
      expect(report.verdict).toBe('attention');
      expect(report.why).toContain("a further head of 'default', not merged here");
    }
    expect(Object.keys(here.files()).sort()).toEqual(['README.md', 'a.txt', 'f.txt']);
    expect(hg(world.hub, 'log', '-r', 'feature', '-T', '{node}')).toBe(here.head());
  });

  it('is followed as `@` before those of others where each has one, and they are told', async () => {
    begin('@', 'b.txt');
    there.hg('bookmark', '-q', '--inactive');
    begin('feature', 'f.txt');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'attention', integrate: { kind: 'fast-forwarded' } });
    expect(report.why).toContain("under the bookmark 'feature'");
    expect(here.files()).toEqual({ 'README.md': 'hello\n', 'b.txt': 'there\n' });
  });
});

describe.skipIf(!needs('hg'))('a push that the hub refuses', () => {
  it('because a file is larger than the hub takes is told as that', async () => {
    refuse('a.bin is larger than 10 MB');
    here.write('a.bin', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason: 'too-large' } });
    rmSync(join(world.hub, '.hg/hgrc'));
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });
});

describe.skipIf(!needs('hg'))('a hub that another hg is at work on', () => {
  it('is named as that, and gets the work later', async () => {
    const lock = join(world.hub, '.hg/store/lock');
    symlinkSync('elsewhere:1', lock);
    here.write('a.txt', 'a\n');
    const report = await here.run();
    expect(report.push).toEqual({
      kind: 'unavailable',
      reason: 'timeout',
      why: 'another hg is at work on the hub; it will be quick',
    });
    expect(report.verdict).not.toBe('synced');
    rmSync(lock);
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });

  it.each([
    ['wlock', '--force-free-wlock'],
    ['store/lock', '--force-free-lock'],
  ])('elsewhere for longer than any work takes is named with what frees it (%s)', async (name, option) => {
    const lock = join(world.hub, '.hg', name);
    symlinkSync('elsewhere:1', lock);
    const longAgo = Date.now() / 1000 - 660;
    lutimesSync(lock, longAgo, longAgo);
    here.write('a.txt', 'a\n');
    const report = await here.run();
    expect(report.verdict).toBe('attention');
    expect(report.why).toContain("'elsewhere:1'");
    const [, command = ''] = /at work no more: hg (.*)$/.exec(report.why) ?? [];
    expect(command).toBe(`debuglocks ${option} -R '${world.hub}'`);
    here.hg(...command.replaceAll("'", '').split(' '));
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });

  it('and that died there on this machine holds nothing up', async () => {
    const holder = spawn('hg', ['debuglocks', '--set-lock', '--config', 'ui.interactive=true'], { cwd: world.hub });
    const ended = new Promise((resolve) => holder.on('exit', resolve));
    const lock = join(world.hub, '.hg/store/lock');
    await expect.poll(() => lstatSync(lock, { throwIfNoEntry: false }), { timeout: 60_000 }).toBeDefined();
    holder.kill('SIGKILL');
    await ended;
    expect(lstatSync(lock).isSymbolicLink()).toBe(true);
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });
});

describe.skipIf(!needs('hg'))('a branch of the hub whose name', () => {
  /** Demands that what each of the two saves comes to the other. */
  async function expectHeard(branch: string): Promise<void> {
    expect(await there.run()).toMatchObject({ verdict: 'synced', branch });
    for (const token of ['ONE', 'TWO']) {
      here.write(`${token}.txt`, `${token}\n`);
      expect(await here.run()).toMatchObject({ verdict: 'synced', branch });
      expect(await there.run()).toMatchObject({ verdict: 'synced', branch });
      expect(there.has(`${token}.txt`)).toBe(true);
      expect(there.head()).toBe(here.head());
    }
    there.write('back.txt', 'BACK\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded' } });
  }

  it('is also a tag is heard of all the same', async () => {
    here.hg('tag', '-q', 'default');
    await here.run();
    await expectHeard('default');
  });

  it('is also a tag that another branch brought, of which nothing is known here, is heard of all the same', async () => {
    const other = world.add('other');
    other.hg('branch', '-q', 'other');
    other.hg('tag', '-q', '-r', here.head(), 'default');
    other.send();
    await expectHeard('default');
  });

  it('is also a bookmark is heard of all the same', async () => {
    for (const machine of [here, there]) machine.hg('branch', '-q', 'feature');
    here.write('begun.txt', 'begun\n');
    await here.run();
    there.hg('pull', '-q');
    hg(world.hub, 'bookmark', '-q', '-f', '-i', '-r', here.head(), 'feature');
    there.hg('update', '-q', '-r', 'tip');
    await expectHeard('feature');
  });

  it('is also a tag is heard of over http, too', async () => {
    const url = await serveHub();
    here.hg('tag', '-q', 'default');
    await here.run();
    for (const machine of [here, there]) hubIs(machine, url);
    await expectHeard('default');
  });

  it('has a newer head that was closed is followed where it is open', async () => {
    const other = world.add('other');
    other.write('b.txt', 'b\n');
    other.commit('goes on');
    other.hg('update', '-q', '-r', '0');
    other.write('c.txt', 'c\n');
    other.commit('second head');
    other.hg('commit', '-q', '--close-branch', '-m', 'closed');
    other.hg('push', '-q', '--force');
    for (let turn = 0; turn < 2; turn += 1) expect((await here.run()).verdict).toBe('synced');
    expect(here.files()).toEqual({ 'README.md': 'hello\n', 'b.txt': 'b\n' });
  });
});

describe.skipIf(!needs('hg'))('work that was set aside, and stripped on the hub', () => {
  const run = (): ReturnType<HgMachine['run']> => here.run();
  const strip = (revision: string): void =>
    void hg(world.hub, '--config', 'extensions.strip=', 'strip', '-q', '--no-backup', '-r', revision);
  const hubHas = (settings: string): void => writeFileSync(join(world.hub, '.hg/hgrc'), settings);
  const PRIVATE = '[phases]\npublish = false\n';

  it.each([
    ['all of it', ''],
    ['the last of it', ''],
    ['all of it', PRIVATE],
    ['the last of it', PRIVATE],
  ])('does not come back with more of it (%s, %j)', async (what, settings) => {
    hubHas(settings);
    writeFileSync(join(here.top, '.hg/hgrc'), `[paths]\ndefault = ${world.hub}\n[hooks]\npretxncommit.no = false\n`);
    here.write('a.txt', 'FIRST\n');
    await run();
    const first = here.savedAside();
    here.write('a.txt', 'PURGED\n');
    expect((await run()).why).toContain('the work is safe on');
    const revision = what === 'all of it' ? first : 'tip';
    strip(revision);
    here.write('a.txt', 'ANEW\n');
    expect((await run()).why).toContain('the work is safe on');
    expect(world.hubHistory()).toContain('ANEW');
    expect(world.hubHistory()).not.toContain('PURGED');
  });

  it.each(['', PRIVATE])('does not come back with what the hub had refused on top of it (%j)', async (settings) => {
    hubHas(settings);
    writeFileSync(join(here.top, '.hg/hgrc'), `[paths]\ndefault = ${world.hub}\n[hooks]\npretxncommit.no = false\n`);
    here.write('a.txt', 'PURGED\n');
    expect((await run()).why).toContain('the work is safe on');
    hubHas(`${settings}[hooks]\npretxnchangegroup = exit 1\n`);
    here.write('a.txt', 'ANEW\n');
    expect((await run()).why).not.toContain('the work is safe on');
    hubHas(settings);
    strip('tip');
    expect((await run()).why).toContain('the work is safe on');
    expect(world.hubHistory()).toContain('ANEW');
    expect(world.hubHistory()).not.toContain('PURGED');
  });

  it('does not come back to a hub that does not publish, and is not called safe there', async () => {
    hubHas(PRIVATE);
    there.write('README.md', 'THEIRS\n');
    await there.run();
    here.write('README.md', 'PURGED\n');
    const pause = (): ReturnType<HgMachine['run']> => here.run({ conflict: 'pause' });
    for (let turn = 0; turn < 2; turn += 1) expect((await pause()).why).toContain('the work is safe on');
    strip(here.savedAside());
    for (let turn = 0; turn < 2; turn += 1) {
      const { verdict, why } = await pause();
      expect([verdict, why]).toEqual(['conflict', expect.stringContaining("the work is no longer on the hub's")]);
      expect(world.hubHistory()).not.toContain('PURGED');
    }
  });
});

describe.skipIf(!needs('hg'))('a commit by hand while the hub answers', () => {
  it.each(['the first', 'the third'])('is sent by the same run (%s time it is asked)', async (which) => {
    const [script, asked] = [join(world.folder, 'ssh'), join(world.folder, 'asked')];
    const commit = `cd '${here.top}' && echo BY HAND > hand.txt && hg commit -q -A -m 'by hand'`;
    const turn = which === 'the first' ? 1 : 3;
    const lines = [
      `echo >> '${asked}'`,
      `[ "$(wc -l < '${asked}')" -ne ${turn} ] || (${commit}) >&2`,
      'for last; do :; done',
      'exec sh -c "$last"',
    ];
    writeFileSync(script, `#!/bin/sh\n${lines.join('\n')}\n`, { mode: 0o755 });
    writeFileSync(join(here.top, '.hg/hgrc'), `[paths]\ndefault = ssh://hub/${world.hub}\n[ui]\nssh = ${script}\n`);
    if (which === 'the third') here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(here.messages()[0]).toBe('by hand');
    expect(world.hubHistory()).toContain('BY HAND');
  });
});

describe.skipIf(!needs('hg'))('a hub that is pushed to at another URL', () => {
  const pushTo = (url: string): void =>
    writeFileSync(join(here.top, '.hg/hgrc'), `[paths]\ndefault = ${world.hub}\ndefault:pushurl = ${url}\n`);

  it('has what was sent only where it is pulled from', async () => {
    const fork = join(world.folder, 'fork');
    hg(world.folder, 'clone', '-q', '-U', world.hub, fork);
    pushTo(`file://${fork}`);
    here.write('a.txt', 'MINE\n');
    for (let turn = 0; turn < 2; turn += 1) {
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'not-attempted' } });
      expect(report.why).toContain('default:pushurl');
    }
    pushTo(`file://${world.hub}`);
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(world.hubHistory()).toContain('MINE');
  });

  it.each([
    ['backed up', { mode: 'backup' }],
    ['set aside', { conflict: 'pause' }],
  ] as const)('has what is %s only where it is pulled from, too', async (_what, settings) => {
    const fork = join(world.folder, 'fork');
    hg(world.folder, 'clone', '-q', '-U', world.hub, fork);
    pushTo(`file://${fork}`);
    there.write('README.md', 'THEIRS\n');
    await there.run();
    for (const token of ['ONE', 'ONE', 'TWO']) {
      here.write('README.md', `${token}\n`);
      const report = await here.run(settings);
      expect(report.verdict).not.toBe('synced');
      expect(report.push).toMatchObject({ kind: 'not-attempted' });
      expect(report.why).toContain('default:pushurl');
    }
    pushTo(`file://${world.hub}`);
    expect((await here.run(settings)).why).not.toContain('pushurl');
    expect(world.hubHistory()).toContain('TWO');
  });
});

describe.skipIf(!needs('hg'))('work that the hub took away', () => {
  const takeAway = (revision: string): void =>
    void hg(world.hub, '--config', 'extensions.strip=', 'strip', '-q', '--no-backup', '-r', revision);

  it('is missed, and does not come back, where only what a machine set aside is left there', async () => {
    there.write('README.md', 'PURGED\n');
    await there.run();
    here.write('README.md', 'mine\n');
    expect(await here.run({ conflict: 'pause' })).toMatchObject({ verdict: 'conflict' });
    takeAway('1');
    expect(await there.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'history-rewritten' } });
    for (const conflict of ['pause', 'keep-both'] as const) {
      const report = await here.run({ conflict });
      // The others leave alone what is only set aside.
      expect(report.verdict).toBe('attention');
      expect(report.why).toContain("this machine's own alone");
    }
    expect(world.hubHistory()).not.toContain('PURGED');
    here.write('more.txt', 'more\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(await there.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'history-rewritten' } });
    expect(world.hubHistory()).not.toContain('PURGED');
  });

  it('is adopted with the work that was never sent, and work left on another head is named', async () => {
    here.write('a.txt', 'PURGED\n');
    await here.run();
    await there.run();
    takeAway('1');
    there.write('work.txt', 'WORK\n');
    const { why } = await there.run();
    expect(why).toContain('history-rewritten');
    const adopt = /to adopt it: hg (.*rebase=) rebase -r "(.*)" -d (\w+)/.exec(why);
    const [, config = '', revisions = '', onto = ''] = adopt ?? [];
    there.hg('update', '-q', '-r', onto);
    expect(await there.run()).toMatchObject({ verdict: 'attention' });
    expect((await there.run()).why).toContain("1 commit on another head of 'default' not at the hub");
    there.hg('update', '-q', '-r', 'max(draft())');
    there.hg(...config.split(' '), 'rebase', '-q', '-r', revisions, '-d', onto);
    expect(await there.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(there.files()).toEqual({ 'README.md': 'hello\n', 'work.txt': 'WORK\n' });
    expect(world.hubHistory()).not.toContain('PURGED');
  });
});
