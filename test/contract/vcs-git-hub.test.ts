import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorld, git, type Machine, machineAt, type World } from '../support/world.js';

let world: World;
let here: Machine;
let there: Machine;

beforeEach(() => {
  world = createWorld('here', 'there');
  [here, there] = world.machines as [Machine, Machine];
});
afterEach(() => world.remove());

describe('a push that the hub refuses', () => {
  it('because its branch is locked all the time is told as that', async () => {
    writeFileSync(join(world.hub, 'refs/heads/main.lock'), '');
    here.write('a.txt', 'a\n');
    const report = await here.run();
    expect(report.verdict).toBe('attention');
    expect(report.why).toMatch(/lock|failed to update ref/);
  });
});

describe('a branch that is remembered here and gone from the hub', () => {
  it.each([
    ['topic', 'topic/a'],
    ['topic/a', 'topic'],
  ])('named %s does not cut off one named %s, and its commit is kept', async (old, fresh) => {
    there.git('switch', '-q', '-c', old);
    there.write('old.txt', 'OLD\n');
    there.commit('old');
    there.git('push', '-q', 'origin', old);
    here.git('fetch', '-q');
    const remembered = there.head();
    there.git('push', '-q', 'origin', '--delete', old);
    there.git('switch', '-q', 'main');
    there.git('branch', '-q', '-D', old);
    there.git('switch', '-q', '-c', fresh);
    there.write('fresh.txt', 'FRESH\n');
    expect(await there.run()).toMatchObject({ verdict: 'synced' });
    here.git('switch', '-q', '-c', fresh);
    here.write('mine.txt', 'MINE\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    expect(here.read('fresh.txt')).toBe('FRESH\n');
    expect(here.git('for-each-ref', '--contains', remembered, 'refs/autosync/pin')).not.toBe('');
  });
});

describe('a push URL', () => {
  let other: string;

  beforeEach(() => {
    other = join(world.folder, 'other.git');
    git(world.folder, 'clone', '-q', '--bare', world.hub, other);
    here.git('config', 'remote.origin.pushurl', other);
  });

  it('that leads to another repository than the others fetch from is told, as often as it is pushed to', async () => {
    for (const token of ['ONE', 'TWO']) {
      here.write('a.txt', `${token}\n`);
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'attention', blocked: null });
      expect(report.why).toContain('git config --unset-all remote.origin.pushurl');
    }
    expect(await (await here.open()).unpushed('main')).toBe(2);
    here.git('config', '--unset-all', 'remote.origin.pushurl');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 2 } });
    expect(world.hubHead()).toBe(here.head());
  });

  it('that leads to another repository does so for a new branch, too', async () => {
    here.git('switch', '-q', '-c', 'new');
    for (const token of ['ONE', 'TWO']) {
      here.write('a.txt', `${token}\n`);
      expect(await here.run()).toMatchObject({ verdict: 'attention', blocked: null });
    }
    expect(() => world.hubHead('new')).toThrow();
  });

  it.each([
    ['backed up', { mode: 'backup' }],
    ['set aside', { conflict: 'pause' }],
  ] as const)('that leads to another repository is told of work that is %s, too', async (_what, settings) => {
    there.write('README.md', 'THEIRS\n');
    await there.run();
    for (const token of ['ONE', 'ONE', 'TWO']) {
      here.write('README.md', `${token}\n`);
      const report = await here.run(settings);
      expect(report.verdict).not.toBe('synced');
      expect(report.push).toMatchObject({ kind: 'not-attempted' });
      expect(report.why).toContain('git config --unset-all remote.origin.pushurl');
      expect(here.git('for-each-ref', 'refs/remotes/origin/autosync')).toBe('');
    }
    here.git('config', '--unset-all', 'remote.origin.pushurl');
    const report = await here.run(settings);
    expect(report.why).not.toContain('pushurl');
    expect(git(world.hub, 'show', 'autosync/here/main:README.md')).toBe('TWO');
    const [saved, again] = [here.savedAside(), await here.run(settings)];
    expect([again.verdict, again.why, here.savedAside()]).toEqual([report.verdict, report.why, saved]);
  });

  it.each([
    ['backed up', { mode: 'backup' }],
    ['set aside', { conflict: 'pause' }],
  ] as const)('whose repository passes on what it gets has what is %s', async (_what, settings) => {
    const hook = `#!/bin/sh\nunset GIT_DIR GIT_QUARANTINE_PATH\ngit -C '${other}' push -q '${world.hub}' --all\n`;
    writeFileSync(join(other, 'hooks/post-receive'), hook, { mode: 0o755 });
    there.write('README.md', 'THEIRS\n');
    await there.run();
    here.write('README.md', 'MINE\n');
    for (let turn = 0; turn < 2; turn += 1) expect((await here.run(settings)).why).not.toContain('pushurl');
    expect(git(world.hub, 'show', 'autosync/here/main:README.md')).toBe('MINE');
  });

  it('whose repository passes on what it gets is a hub like any other', async () => {
    const hook = `#!/bin/sh\nunset GIT_DIR GIT_QUARANTINE_PATH\ngit -C '${other}' push -q '${world.hub}' main\n`;
    writeFileSync(join(other, 'hooks/post-receive'), hook, { mode: 0o755 });
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(world.hubHead()).toBe(here.head());
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'nothing-to-push' } });
  });
});

describe('a history that was taken back', () => {
  it('by the person at this machine is no surprise', async () => {
    there.write('secret.txt', 'PURGED\n');
    await there.run();
    await here.run();
    there.remove('secret.txt');
    there.git('add', '-A');
    there.git('commit', '-q', '--amend', '--allow-empty', '-m', 'rewritten', '--date', '2001-01-01T00:00:00');
    there.git('push', '-q', '--force', 'origin', 'main');
    there.write('b.txt', 'b\n');
    expect(await there.run()).toMatchObject({ verdict: 'synced' });
  });
});

describe('a history that was taken back on the hub', () => {
  it('is not sent again with what is staged', async () => {
    there.write('secret.txt', 'PURGED\n');
    await there.run();
    await here.run();
    git(world.hub, 'update-ref', 'refs/heads/main', 'main~1');
    here.write('a.txt', 'STAGED\n');
    here.git('add', 'a.txt');
    here.write('a.txt', 'EDITED\n');
    expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'history-rewritten' } });
    expect(git(world.hub, 'log', '--all', '-p')).not.toContain('PURGED');
  });
});

describe('a beginning', () => {
  it('is kept under its own name, also when it began as a copy of another branch', async () => {
    here.git('switch', '-q', '-c', 'feature', 'origin/main');
    here.write('feature.txt', 'feature\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', branch: 'feature', push: { kind: 'pushed' } });
    expect(git(world.hub, 'ls-tree', '--name-only', 'main')).not.toContain('feature.txt');
    expect(git(world.hub, 'ls-tree', '--name-only', 'feature')).toContain('feature.txt');
  });

  it('goes to an upstream of another name where push.default says so', async () => {
    here.git('switch', '-q', '-c', 'local', 'origin/main');
    here.git('config', 'push.default', 'upstream');
    here.write('local.txt', 'local\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(git(world.hub, 'ls-tree', '--name-only', 'main')).toContain('local.txt');
  });

  it('of a shallow clone is enough to bring work in and to send it', async () => {
    there.write('a.txt', 'a\n');
    await there.run();
    const top = join(world.folder, 'shallow');
    git(world.folder, 'clone', '-q', '--depth', '1', `file://${world.hub}`, top);
    const machine = machineAt(top, 'shallow');
    there.write('b.txt', 'b\n');
    await there.run();
    machine.write('c.txt', 'c\n');
    expect(await machine.run()).toMatchObject({ verdict: 'synced' });
    await there.run();
    expect(there.files()).toEqual(machine.files());
  });
});
