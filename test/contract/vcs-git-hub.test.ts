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
