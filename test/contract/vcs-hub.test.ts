import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectConverged, metadataOf } from '../support/oracles.js';
import { createWorld, git, type Machine, machineAt, type World } from '../support/world.js';

let world: World;
let here: Machine;
let there: Machine;
const servers: Server[] = [];
const sockets = new Set<Socket>();

beforeEach(() => {
  world = createWorld('here', 'there');
  [here, there] = world.machines as [Machine, Machine];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  world.remove();
});

/** Starts a server on a free port of this machine; returns the port. */
async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const answering = (listener: RequestListener): Promise<number> => listen(createHttpServer(listener));

/** Makes the hub refuse pushes in its own words. */
function refuse(words: string): void {
  const hook = join(world.hub, 'hooks/pre-receive');
  writeFileSync(hook, `#!/bin/sh\necho "${words}" >&2\nexit 1\n`);
  chmodSync(hook, 0o755);
}

describe('a hub that cannot be used', () => {
  it('because it is gone: the work is committed here and sent later', async () => {
    rmSync(world.hub, { recursive: true });
    here.write('a.txt', 'a\n');
    const report = await here.run();
    expect(report).toMatchObject({
      verdict: 'attention',
      commit: { kind: 'committed' },
      fetch: { reason: 'not-found' },
    });
    git(world.folder, 'init', '-q', '--bare', '-b', 'main', world.hub);
    there.git('push', '-q', 'origin', 'main');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });

  it.each([
    ['refuses the connection', 'http://127.0.0.1:1/hub.git', 'offline', 'offline'],
    ['has a name that nobody knows', 'http://hub.invalid/hub.git', 'offline', 'offline'],
  ])('because it %s', async (_why, url, reason, verdict) => {
    here.git('remote', 'set-url', 'origin', url);
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict, fetch: { reason }, commit: { kind: 'committed' } });
  });

  it.each(['git', 'http'])('because it accepts and never answers (%s): the run ends all the same', async (protocol) => {
    const port = await listen(createServer());
    here.git('remote', 'set-url', 'origin', `${protocol}://127.0.0.1:${port}/hub.git`);
    here.write('a.txt', 'a\n');
    const report = await here.run({ networkTimeoutSeconds: 1 });
    expect(report).toMatchObject({ verdict: 'offline', fetch: { reason: 'timeout' }, commit: { kind: 'committed' } });
  });

  it('because it wants a password: nobody is asked, and the person is told', async () => {
    const port = await answering((_request, response) => {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="hub"' }).end();
    });
    here.git('remote', 'set-url', 'origin', `http://secret-token@127.0.0.1:${port}/hub.git`);
    here.write('a.txt', 'a\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'attention', fetch: { reason: 'auth' } });
    expect(JSON.stringify(report)).not.toContain('secret-token');
  });

  it.each([
    [403, 'auth'],
    [404, 'not-found'],
    [500, 'other'],
    [503, 'offline'],
  ])('because it answers %i', async (status, reason) => {
    const port = await answering((_request, response) => response.writeHead(status).end());
    here.git('remote', 'set-url', 'origin', `http://127.0.0.1:${port}/hub.git`);
    const verdict = reason === 'offline' ? 'offline' : 'attention';
    expect(await here.run()).toMatchObject({ verdict, fetch: { reason } });
  });

  it.each(['git', 'http'])('because it closes in the middle (%s)', async (protocol) => {
    const port = await listen(createServer((socket) => socket.once('data', () => socket.destroy())));
    here.git('remote', 'set-url', 'origin', `${protocol}://127.0.0.1:${port}/hub.git`);
    expect(await here.run()).toMatchObject({ verdict: 'offline', fetch: { reason: 'offline' } });
  });
});

describe('a push that the hub refuses', () => {
  it.each([
    ['no pushes on fridays', 'hook'],
    ['your quota is used up', 'quota'],
    ['GH006: Protected branch update failed', 'protected'],
  ])('with the words %j is told with its reason', async (words, reason) => {
    refuse(words);
    here.write('a.txt', 'a\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason } });
    expect(report.why).toContain(words);
    rmSync(join(world.hub, 'hooks/pre-receive'));
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });

  it('because its branch is locked all the time is told as that', async () => {
    writeFileSync(join(world.hub, 'refs/heads/main.lock'), '');
    here.write('a.txt', 'a\n');
    const report = await here.run();
    expect(report.verdict).toBe('attention');
    expect(report.why).toMatch(/lock|failed to update ref/);
  });
});

describe('a history that was taken back', () => {
  /** Replaces the hub's last commit by another one. */
  function rewrite(): string {
    there.git('commit', '-q', '--amend', '--allow-empty', '-m', 'rewritten', '--date', '2001-01-01T00:00:00');
    there.git('push', '-q', '--force', 'origin', 'main');
    return there.git('rev-parse', 'HEAD');
  }

  beforeEach(async () => {
    there.write('secret.txt', 'PURGED\n');
    await there.run();
    await here.run();
    there.remove('secret.txt');
    there.git('add', '-A');
    rewrite();
  });

  it('is not merged, and nothing is pushed, as often as it is looked at', async () => {
    here.write('a.txt', 'a\n');
    for (let turn = 0; turn < 2; turn += 1) {
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'history-rewritten' } });
      expect(world.hubHead()).toBe(there.git('rev-parse', 'HEAD'));
    }
    expect(here.read('secret.txt')).toBe('PURGED\n');
  });

  it('ends with the command that adopts it', async () => {
    const { why } = await here.run();
    const command = /to adopt it: (.*?); to refuse/.exec(why)?.[1] ?? '';
    for (const part of command.split(' && ')) here.git(...part.split(' ').slice(1));
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    await expectConverged(world);
    expect(here.has('secret.txt')).toBe(false);
  });

  it('ends with the command that refuses it', async () => {
    const { why } = await here.run();
    const command = /to refuse it: (.*)$/.exec(why)?.[1] ?? '';
    here.git(...command.split(' ').slice(1));
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(world.hubHead()).toBe(here.git('rev-parse', 'HEAD'));
  });

  it('by the person at this machine is no surprise', async () => {
    there.write('b.txt', 'b\n');
    expect(await there.run()).toMatchObject({ verdict: 'synced' });
  });

  it('by deleting the branch is not undone', async () => {
    git(world.hub, 'update-ref', '-d', 'refs/heads/main');
    here.write('a.txt', 'a\n');
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'branch-deleted' } });
      expect(git(world.hub, 'for-each-ref')).toBe('');
    }
    here.git('push', '-q', 'origin', 'HEAD:main');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
  });
});

describe('a beginning', () => {
  /** A repository that knows the hub, or none, and has no commit. */
  function unborn(...remotes: readonly string[]): Machine {
    const top = join(world.folder, 'unborn');
    git(world.folder, 'init', '-q', '-b', 'main', top);
    for (const name of remotes) git(top, 'remote', 'add', name, world.hub);
    return machineAt(top, 'unborn');
  }

  it('of its own in a hub that is empty', async () => {
    const hub = join(world.folder, 'empty.git');
    git(world.folder, 'init', '-q', '--bare', hub);
    const machine = unborn();
    machine.git('remote', 'add', 'origin', hub);
    expect(await machine.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
    machine.write('a.txt', 'a\n');
    expect(await machine.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
    expect(git(hub, 'rev-parse', 'main')).toBe(machine.git('rev-parse', 'HEAD'));
  });

  it('is adopted from a full hub; local files that differ are kept beside', async () => {
    there.write('same.txt', 'SAME\n');
    await there.run();
    const machine = unborn('origin');
    machine.write('same.txt', 'SAME\n');
    machine.write('README.md', 'LOCAL\n');
    machine.write('own.txt', 'OWN\n');
    expect(await machine.run()).toMatchObject({ verdict: 'synced' });
    const machines = [machine, here, there];
    await expectConverged({ ...world, machines }, { tokens: ['SAME', 'LOCAL', 'OWN', 'hello'] });
    expect(Object.keys(machine.files())).toHaveLength(4);
  });

  it('waits for a hub that cannot be reached, since one of its own would never meet it', async () => {
    const machine = unborn('origin');
    machine.git('remote', 'set-url', 'origin', 'http://127.0.0.1:1/hub.git');
    machine.write('a.txt', 'a\n');
    expect(await machine.run()).toMatchObject({ verdict: 'offline' });
    expect(() => machine.git('rev-parse', '--verify', '-q', 'HEAD')).toThrow();
    machine.git('remote', 'set-url', 'origin', world.hub);
    expect(await machine.run()).toMatchObject({ verdict: 'synced' });
    expect(machine.files()).toEqual({ 'README.md': 'hello\n', 'a.txt': 'a\n' });
  });

  it('that the hub does not share is not joined', async () => {
    const machine = unborn('origin');
    machine.write('a.txt', 'a\n');
    machine.git('add', '.');
    machine.git('commit', '-q', '-m', 'own');
    const before = machine.files();
    expect(await machine.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'unrelated-history' } });
    expect(machine.files()).toEqual(before);
  });

  it('without a remote is committed here, and it is said that there is no hub', async () => {
    const machine = unborn();
    machine.write('a.txt', 'a\n');
    const report = await machine.run();
    expect(report).toMatchObject({ verdict: 'attention', commit: { kind: 'committed' } });
    expect(report.why).toContain('git remote add origin');
  });

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

  it('with several remotes uses origin, or the one that the settings name', async () => {
    const machine = unborn('origin', 'backup');
    machine.git('remote', 'set-url', 'backup', join(world.folder, 'nowhere.git'));
    expect(await machine.run()).toMatchObject({ verdict: 'synced' });
    expect(await machine.run({ remote: 'backup' })).toMatchObject({
      verdict: 'attention',
      fetch: { reason: 'not-found' },
    });
    machine.git('remote', 'rename', 'origin', 'first');
    expect((await machine.run()).verdict).toBe('attention');
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

it('a run that finds nothing new leaves the whole repository as it is, also against a hub that has moved back', async () => {
  there.write('a.txt', 'a\n');
  await there.run();
  await here.run();
  await here.run();
  const before = metadataOf(here);
  await here.run();
  expect(metadataOf(here)).toEqual(before);
});
