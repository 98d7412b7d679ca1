import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectHgConverged, wholeHgState } from '../support/hg-oracles.js';
import { createHgWorld, type HgMachine, type HgWorld, hg, tip } from '../support/hg-world.js';
import { needs } from '../support/needs.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;

beforeEach(() => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => world.remove());

/** Runs hg, which may fail: in a conflict it does. */
const attempt = (...args: readonly string[]): void => {
  const tool = [
    '--config',
    'ui.merge=internal:merge',
    '--config',
    'extensions.rebase=',
    '--config',
    'extensions.shelve=',
  ];
  const env = { ...process.env, HGPLAIN: '1', HGEDITOR: 'true' };
  spawnSync('hg', [...tool, '--config', 'extensions.histedit=', ...args], { cwd: here.top, env });
};

/** Makes two heads that conflict in README.md; the working tree stands on the second. */
function diverge(): void {
  here.write('README.md', 'other\n');
  here.hg('commit', '-q', '-m', 'other');
  here.hg('update', '-q', '-r', '0');
  here.write('README.md', 'main\n');
  here.hg('commit', '-q', '-m', 'main');
}

const STATES: readonly (readonly [string, string, () => void])[] = [
  ['a merge', 'merge', () => attempt('merge', '-r', '1')],
  ['a merge without a conflict', 'merge', () => attempt('merge', '--tool', 'internal:local', '-r', '1')],
  ['a rebase', 'rebase', () => attempt('rebase', '-s', '2', '-d', '1')],
  ['a graft', 'graft', () => attempt('graft', '-r', '1')],
  ['a histedit', 'histedit', () => histedit()],
  ['an unshelve', 'shelve', () => unshelve()],
  ['a bisect', 'bisect', () => attempt('bisect', '--bad', '2')],
  [
    'an update that was interrupted',
    'update',
    () => writeFileSync(join(here.top, '.hg/updatestate'), `${'0'.repeat(40)}\n`),
  ],
  ['an update with conflicts', 'unresolved', () => update()],
];

function histedit(): void {
  const plan = join(world.folder, 'plan');
  writeFileSync(plan, `edit ${here.hg('log', '-r', '2', '-T', '{node|short}')}\n`);
  attempt('histedit', '-r', '2', '--commands', plan);
}

function unshelve(): void {
  here.write('README.md', 'shelved\n');
  attempt('shelve');
  here.write('README.md', 'since\n');
  here.hg('commit', '-q', '-m', 'since');
  attempt('unshelve');
}

function update(): void {
  here.write('README.md', 'edited\n');
  attempt('update', '--merge', '-r', '1');
}

describe.skipIf(!needs('hg')).each(STATES)('in the middle of %s', (_name, kind, enter) => {
  it('not a byte is touched, and it is said how to end it', async () => {
    diverge();
    enter();
    here.write('new.txt', 'new\n');
    there.write('theirs.txt', 'theirs\n');
    await there.run();
    const before = wholeHgState(here);
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind } });
    expect(report.why).toContain('hg ');
    expect(wholeHgState(here)).toEqual(before);
  });
});

describe.skipIf(!needs('hg'))('a branch', () => {
  it('switched by hand is synchronised under its own name', async () => {
    here.hg('branch', '-q', 'feature');
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', branch: 'feature' });
    expect(hg(world.hub, 'log', '-r', 'feature', '-T', '{node}')).toBe(tip(here));
  });

  it.each(['x;touch$IFS-pwned', 'ünï/cödé', '$(touch-pwned)', '%s', "it's", '-x', 're', 'all()', 'a b'])(
    'may be named %j',
    async (branch) => {
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
    },
  );

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
    expect(world.hubHead()).toBe(tip(there));
  });

  it('switched while a placement was being planned makes the run start again', async () => {
    there.write('theirs.txt', 'theirs\n');
    await there.run();
    const tree = await here.open();
    const state = await tree.inspect();
    const fetched = await tree.fetch(state);
    if (fetched.kind !== 'fetched') throw new Error('not fetched');
    here.hg('branch', '-q', 'other');
    const { hub } = fetched;
    const request = { branch: 'default', head: state.head, hub, policy: 'keep-both', quarantined: [] } as const;
    expect(await tree.integrate(request)).toMatchObject({ kind: 'changed-meanwhile' });
    expect(here.has('theirs.txt')).toBe(false);
    expect(here.hg('status')).toBe('');
  });

  it('with an active bookmark moves it along', async () => {
    here.hg('bookmark', 'work');
    there.write('theirs.txt', 'theirs\n');
    await there.run();
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    expect(here.hg('log', '-r', 'bookmark("work")', '-T', '{node} {activebookmark}')).toBe(`${tip(here)} work`);
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
    expect(world.hubHead()).toBe(tip(here));
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
    expect(world.hubHead()).toBe(tip(here));
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

  it('a transaction that was killed is taken back, and the work is committed', async () => {
    here.write('a.txt', 'a\n');
    const stop = ['--config', 'hooks.pretxncommit=kill -9 $PPID'];
    spawnSync('hg', ['commit', '-A', '-m', 'killed', ...stop], { cwd: here.top });
    expect(existsSync(inHg('store/journal'))).toBe(true);
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' } });
    expect(here.hg('verify', '-q')).toBe('');
    await expectHgConverged(world, { tokens: ['a\n'] });
  });

  it.each([
    ['empty', Buffer.alloc(0)],
    ['full of NULs', Buffer.alloc(200)],
  ])('a dirstate that is %s is made anew', async (_how, bytes) => {
    here.write('a.txt', 'a\n');
    await here.run();
    const before = tip(here);
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
    await expectHgConverged(world, { tokens: ['MINE', 'THEIRS', 'SAVED'] });
  });
});
