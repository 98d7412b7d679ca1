import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  lutimesSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHgWorld, type HgMachine, type HgWorld, hg } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;

beforeEach(() => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => world.remove());

describe.skipIf(!needs('hg'))('a branch', () => {
  it.each(['re', 'all()', 'a b'])('may be named as what has a meaning for hg: %j', async (branch) => {
    here.hg('branch', '-q', '--', branch);
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', branch });
    expect(hg(world.hub, 'branches', '-T', '{branch}\n')).toContain(`${branch}\n`);
    expect(Object.keys(here.files())).toEqual(['README.md', 'a.txt']);
    there.hg('pull', '-q');
    there.hg('update', '-q', '-r', 'tip');
    there.write('b.txt', 'b\n');
    expect(await there.run()).toMatchObject({ verdict: 'synced', branch });
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded' } });
  });

  it('that is closed is not opened again', async () => {
    here.hg('commit', '-q', '--close-branch', '-m', 'closed');
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'branch-deleted' } });
    expect(here.hg('status')).toBe('? a.txt');
  });

  it('that was closed on the hub is not opened again', async () => {
    there.hg('commit', '-q', '--close-branch', '-m', 'closed');
    there.hg('push', '-q');
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'branch-deleted' } });
    expect(world.hubHead()).toBe(there.head());
  });

  it('with an active bookmark moves it along', async () => {
    here.hg('bookmark', 'work');
    there.write('theirs.txt', 'theirs\n');
    await there.run();
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    expect(here.hg('log', '-r', 'bookmark("work")', '-T', '{node} {activebookmark}')).toBe(`${here.head()} work`);
  });
});

describe.skipIf(!needs('hg'))('a commit that is secret', () => {
  it('is never sent, and it is said', async () => {
    here.write('a.txt', 'SECRET\n');
    here.hg('commit', '-q', '-A', '--secret', '-m', 'secret');
    const report = await here.run();
    expect(report.verdict).toBe('attention');
    expect(report.why).toContain('secret');
    expect(hg(world.hub, 'log', '-T', '{desc}\n')).toBe('first');
  });
});

describe.skipIf(!needs('hg'))("a commit that the person's hook refuses", () => {
  it('leaves the machine all the same, and goes on the branch once the hook is content', async () => {
    const hgrc = join(here.top, '.hg/hgrc');
    writeFileSync(
      hgrc,
      `${here.read('.hg/hgrc')}[hooks]\nprecommit.mine = echo not today >&2; test -e ${world.folder}/ok\n`,
    );
    here.write('a.txt', 'PRECIOUS\n');
    here.remove('README.md');
    for (let turn = 0; turn < 2; turn += 1) {
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'attention', commit: { kind: 'refused' } });
      expect(report.why).toContain('the work is safe');
      expect(report.why).toContain('not today');
    }
    const aside = 'bookmark("autosync/here/default")';
    expect(hg(world.hub, 'cat', '-r', aside, 'a.txt')).toBe('PRECIOUS');
    expect(hg(world.hub, 'files', '-r', aside)).toBe('a.txt');
    expect(world.hubHead()).toBe(here.head());
    here.write('a.txt', 'PRECIOUS TOO\n');
    await here.run();
    expect(hg(world.hub, 'cat', '-r', aside, 'a.txt')).toBe('PRECIOUS TOO');
    there.write('theirs.txt', 'theirs\n');
    expect(await there.run()).toMatchObject({ verdict: 'synced' });
    writeFileSync(join(world.folder, 'ok'), '');
    expect(await here.run({}, { allowDeletions: true })).toMatchObject({
      verdict: 'synced',
      integrate: { kind: 'merged' },
    });
    await there.run();
    expect(there.files()).toEqual({ 'a.txt': 'PRECIOUS TOO\n', 'theirs.txt': 'theirs\n' });
    expect(world.hubHead()).toBe(here.head());
  });
});

describe.skipIf(!needs('hg'))('what a killed run left', () => {
  const inHg = (name: string): string => join(here.top, '.hg', name);

  it.each(['wlock', 'store/lock'])("a dead process's %s is removed", async (lock) => {
    const space = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
    symlinkSync(`${hostname()}/${Number(space).toString(16)}:${2 ** 22 - 1}`, inHg(lock));
    here.write('a.txt', 'a\n');
    there.write('b.txt', 'b\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
  });

  it("a lock that could be another program's is left alone", async () => {
    symlinkSync('elsewhere:1', inHg('wlock'));
    there.write('b.txt', 'b\n');
    await there.run();
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'locked' } });
    expect(lstatSync(inHg('wlock')).isSymbolicLink()).toBe(true);
    expect(here.files()).toEqual({ 'README.md': 'hello\n' });
  });

  it.each(['new.txt', 'README.md'])('a lock of somebody who is just committing is waited for: %s', async (name) => {
    // Another host's, as far as anybody here can tell, like the one of a person whose editor is open.
    symlinkSync('elsewhere:1', inHg('wlock'));
    here.write(name, 'SAVED\n');
    expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'locked' } });
    unlinkSync(inHg('wlock'));
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
    expect(here.read(name)).toBe('SAVED\n');
  });

  it('a transaction that was killed is taken back, and the work is committed', async () => {
    here.write('a.txt', 'a\n');
    const stop = ['--config', 'hooks.pretxncommit=kill -9 $PPID'];
    spawnSync('hg', ['commit', '-A', '-m', 'killed', ...stop], { cwd: here.top });
    expect(existsSync(inHg('store/journal'))).toBe(true);
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' } });
    expect(here.hg('verify', '-q')).toBe('');
    await expectConverged(world, { tokens: ['a\n'] });
  });

  it('a transaction that was killed on a hub that is a folder is taken back, too', async () => {
    writeFileSync(join(world.hub, '.hg/hgrc'), '[hooks]\npretxnchangegroup = kill -9 $PPID\n');
    here.write('a.txt', 'a\n');
    here.commit('by hand');
    spawnSync('hg', ['push', '-q'], { cwd: here.top });
    expect(existsSync(join(world.hub, '.hg/store/journal'))).toBe(true);
    rmSync(join(world.hub, '.hg/hgrc'));
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(hg(world.hub, 'verify', '-q')).toBe('');
  });

  it.each([
    ['empty', Buffer.alloc(0)],
    ['full of NULs', Buffer.alloc(200)],
  ])('a dirstate that is %s is made anew', async (_how, bytes) => {
    here.write('a.txt', 'a\n');
    await here.run();
    const before = here.head();
    writeFileSync(inHg('dirstate'), bytes);
    here.write('b.txt', 'b\n');
    expect(await here.run()).toMatchObject({
      verdict: 'synced',
      commit: { changes: [{ type: 'added', path: 'b.txt' }] },
    });
    expect(here.hg('log', '-r', '.^', '-T', '{node}')).toBe(before);
  });

  it('a merge that never came into the tree is part of the next one', async () => {
    here.write('a.txt', 'MINE\n');
    there.write('a.txt', 'THEIRS\n');
    await there.run();
    const tree = await here.open();
    let due = true;
    const integrate: typeof tree.integrate = async (request) => {
      if (!due) return await tree.integrate(request);
      due = false;
      here.write('b.txt', 'SAVED\n');
      symlinkSync('elsewhere:1', inHg('wlock'));
      const result = await tree.integrate(request);
      unlinkSync(inHg('wlock'));
      return result;
    };
    await here.run({}, { tree: { ...tree, integrate } });
    await expectConverged(world, { tokens: ['MINE', 'THEIRS', 'SAVED'] });
  });
});

describe.skipIf(!needs('hg'))('a working tree that stands on what is not in the history', () => {
  /** Takes a commit of the person's away from another tree of the same history; returns it, and where it is kept. */
  function takeAway(): { readonly gone: string; readonly bundle: string } {
    here.hg('branch', '-q', 'feat');
    here.write('f.txt', 'f\n');
    here.commit('feat');
    const gone = here.head();
    const bundle = join(world.folder, 'feat.hg');
    here.hg('bundle', '-q', '--base', '.^', '-r', '.', bundle);
    const other = join(world.folder, 'other');
    here.hg('--config', 'extensions.share=', 'share', '-q', '-U', '.', other);
    hg(other, '--config', 'extensions.strip=', 'strip', '-q', '--no-backup', '-r', gone);
    return { gone, bundle };
  }

  it('is left alone: its next commit would begin a second history', async () => {
    const { gone, bundle } = takeAway();
    here.write('g.txt', 'g\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'damaged' } });
    expect(report.blocked?.hint).toContain(gone.slice(0, 12));
    expect(hg(world.hub, 'log', '-T', '{desc}\n')).toBe('first');
    here.hg('unbundle', '-q', bundle);
    expect(await here.run()).toMatchObject({ verdict: 'synced', branch: 'feat' });
    expect(here.hg('log', '-r', '.^', '-T', '{node}')).toBe(gone);
  });

  it('goes on from another commit when the person has said which', async () => {
    takeAway();
    await here.run();
    here.hg('debugrebuilddirstate', '-r', 'default');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { changes: [{ path: 'f.txt' }] } });
    expect(here.hg('log', '-r', '.^', '-T', '{desc}')).toBe('first');
  });

  it('is left alone also where that is the other side of a merge', async () => {
    const first = here.head();
    here.write('a.txt', 'a\n');
    here.commit('ours');
    const ours = here.head();
    here.hg('update', '-q', '-r', first);
    const { gone } = takeAway();
    here.hg('debugrebuilddirstate', '-r', ours);
    const dirstate = readFileSync(join(here.top, '.hg/dirstate'));
    dirstate.write(gone, 20, 'hex');
    writeFileSync(join(here.top, '.hg/dirstate'), dirstate);
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'damaged' } });
    expect(report.blocked?.hint).toContain(gone.slice(0, 12));
  });
});

describe.skipIf(!needs('hg'))('a rule of what to ignore that hg cannot read', () => {
  it.each(['nothing', 'work'])('is not let in, with %s here, and its repair is', async (what) => {
    here.write('.hgignore', 'foo\n');
    await here.run();
    await there.run();
    here.write('.hgignore', 'foo(\n');
    here.hg('commit', '-q', '-m', 'broken', '.hgignore');
    here.send();
    if (what === 'work') there.write('work.txt', 'WORK\n');
    for (let turn = 0; turn < 2; turn += 1) {
      const report = await there.run();
      expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'damaged' } });
      expect(report.why).toContain("'foo('");
      expect(there.read('.hgignore')).toBe('foo\n');
    }
    expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'damaged' } });
    here.write('.hgignore', 'foo\nbar\n');
    for (const machine of [here, there, here]) expect((await machine.run()).verdict).toBe('synced');
    expect(there.files()).toEqual(here.files());
    expect(there.read('.hgignore')).toBe('foo\nbar\n');
  });

  it.each([
    ['.hgignore', 'include:rules\n', 'rules', 'foo(\n'],
    ['.hgignore', 'subinclude:sub/rules\n', 'sub/rules', 'foo(\n'],
    ['.hgignore', 'include:rules\n', 'rules', 'include:rules\n'],
    ['rules', 'foo\n', '.hgignore', 'a{1,99999999999999999999}\n'],
  ])(
    'is not let in from a file that another includes, either: %s %j, then %s %j',
    async (whole, rules, name, broken) => {
      here.write(whole, rules);
      here.write(name, 'foo\n');
      here.write('sub/file', 'file\n');
      await here.run();
      await there.run();
      here.write(name, broken);
      here.hg('commit', '-q', '-m', 'broken', name);
      here.send();
      there.write('work.txt', 'WORK\n');
      const report = await there.run();
      expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'damaged' } });
      expect(report.why).toContain(`'${name}'`);
      expect(there.read(name)).toBe('foo\n');
      expect(await there.run()).toMatchObject({ verdict: 'blocked' });
    },
  );

  it('is named where the person wrote it into a file that another includes', async () => {
    here.write('.hgignore', 'subinclude:sub/rules\n');
    here.write('sub/rules', 'foo(\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'damaged' } });
    expect(report.why).toContain('sub/rules');
    expect(report.why).toContain("'foo('");
    here.write('sub/rules', 'foo\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
  });
});

describe.skipIf(!needs('hg'))('a lock of another host', () => {
  it.each([
    ['wlock', '--force-free-wlock'],
    ['store/lock', '--force-free-lock'],
  ])('that has lasted is named with what frees it (%s)', async (name, option) => {
    const lock = join(here.top, '.hg', name);
    symlinkSync('elsewhere:4242', lock);
    const longAgo = Date.now() / 1000 - 3600;
    lutimesSync(lock, longAgo, longAgo);
    here.write('a.txt', 'MINE\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'damaged' } });
    expect(report.why).toContain("'elsewhere:4242'");
    expect(report.why).toContain(`hg debuglocks ${option}`);
    here.hg('debuglocks', option);
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });
});
