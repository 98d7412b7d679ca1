import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asAbsolute } from '../../src/model/paths.js';
import { hg as hgSystem } from '../../src/vcs/hg/index.js';
import { expectHgConverged, hgMetadataOf } from '../support/hg-oracles.js';
import { createHgWorld, type HgMachine, type HgWorld, hg, hgMachineAt, tip } from '../support/hg-world.js';
import { needs } from '../support/needs.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;
const servers: Server[] = [];
const sockets = new Set<Socket>();
const children: ChildProcess[] = [];

beforeEach(() => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
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
  await expect.poll(() => said, { timeout: 9000 }).toMatch(/:(\d+)\//);
  return `http://127.0.0.1:${/:(\d+)\//.exec(said)?.[1]}/`;
}

describe.skipIf(!needs('hg'))('a hub that cannot be used', () => {
  it('because it is gone: the work is committed here and sent later', async () => {
    rmSync(world.hub, { recursive: true });
    here.write('a.txt', 'a\n');
    const report = await here.run();
    expect(report).toMatchObject({
      verdict: 'attention',
      commit: { kind: 'committed' },
      fetch: { reason: 'not-found' },
    });
    hg(world.folder, 'init', world.hub);
    there.hg('push', '-q');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });

  it.each([
    ['refuses the connection', 'http://127.0.0.1:1/hub', 'offline', 'offline'],
    ['has a name that nobody knows', 'http://hub.invalid/hub', 'offline', 'offline'],
    ['has a name that ssh does not know', 'ssh://hub.invalid/hub', 'offline', 'offline'],
  ])('because it %s', async (_why, url, reason, verdict) => {
    hubIs(here, url);
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict, fetch: { reason }, commit: { kind: 'committed' } });
  });

  it('because it accepts and never answers: the run ends all the same', async () => {
    hubIs(here, `http://127.0.0.1:${await listen(createServer())}/hub`);
    here.write('a.txt', 'a\n');
    const report = await here.run({ networkTimeoutSeconds: 1 });
    expect(report).toMatchObject({ verdict: 'offline', fetch: { reason: 'timeout' }, commit: { kind: 'committed' } });
  });

  it('because it wants a password: nobody is asked, and the person is told', async () => {
    const port = await answering((_request, response) => {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="hub"' }).end();
    });
    hubIs(here, `http://person:secret-token@127.0.0.1:${port}/hub`);
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
    hubIs(here, `http://127.0.0.1:${port}/hub`);
    const verdict = reason === 'offline' ? 'offline' : 'attention';
    expect(await here.run()).toMatchObject({ verdict, fetch: { reason } });
  });

  it('because it closes in the middle', async () => {
    const port = await listen(createServer((socket) => socket.once('data', () => socket.destroy())));
    hubIs(here, `http://127.0.0.1:${port}/hub`);
    expect(await here.run()).toMatchObject({ verdict: 'offline', fetch: { reason: 'offline' } });
  });
});

describe.skipIf(!needs('hg'))('a hub over http', () => {
  it('is cloned, pulled from and pushed to', async () => {
    const url = await serveHub();
    const folder = asAbsolute(join(world.folder, 'cloned'));
    expect(await hgSystem.clone({ url, folder, networkTimeoutMs: 20_000 })).toEqual({ kind: 'cloned' });
    expect((await hgSystem.clone({ url, folder, networkTimeoutMs: 20_000 })).kind).toBe('refused');
    expect(await hgSystem.remotes(folder)).toEqual(['default']);
    const cloned = hgMachineAt(folder, 'cloned');
    there.write('a.txt', 'THEIRS\n');
    await there.run();
    cloned.write('a.txt', 'MINE\n');
    expect(await cloned.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    await expectHgConverged({ ...world, machines: [cloned, there] }, { tokens: ['MINE', 'THEIRS'] });
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
    await expect.poll(() => said, { timeout: 9000 }).toMatch(/:(\d+)\//);
    hubIs(here, `http://127.0.0.1:${/:(\d+)\//.exec(said)?.[1]}/`);
    here.write('a.txt', 'a\n');
    expect((await here.run()).verdict).toBe('attention');
  });
});

describe.skipIf(!needs('hg'))('a push that the hub refuses', () => {
  it.each([
    ['no pushes on fridays', 'hook'],
    ['your quota is used up', 'quota'],
    ['protected branch', 'protected'],
    ['a.bin is larger than 10 MB', 'too-large'],
  ])('with the words %j is told with its reason', async (words, reason) => {
    refuse(words);
    here.write('a.txt', 'a\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason } });
    expect(report.why).toContain(words);
    rmSync(join(world.hub, '.hg/hgrc'));
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });
});

describe.skipIf(!needs('hg'))('a history that was taken back', () => {
  const strip = (revset: string): void =>
    void hg(world.hub, '--config', 'extensions.strip=', 'strip', '-q', '--no-backup', '-r', revset);

  beforeEach(async () => {
    there.write('secret.txt', 'PURGED\n');
    await there.run();
    await here.run();
    strip('tip');
  });

  it('is not merged, and nothing is pushed, as often as it is looked at', async () => {
    here.write('a.txt', 'a\n');
    for (let turn = 0; turn < 2; turn += 1) {
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'history-rewritten' } });
      expect(hg(world.hub, 'log', '-T', '{desc}')).toBe('first');
    }
    expect(here.read('secret.txt')).toBe('PURGED\n');
  });

  it('ends with the command that adopts it', async () => {
    const { why } = await here.run();
    const command = /to adopt it: hg (.*?); to refuse/.exec(why)?.[1] ?? '';
    here.hg(...command.split(' '));
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(here.has('secret.txt')).toBe(false);
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { commits: 1 } });
    expect(hg(world.hub, 'log', '-T', '{desc}\n')).not.toContain('secret');
  });

  it('ends with the command that refuses it', async () => {
    const { why } = await here.run();
    const command = /to refuse it: hg (.*)$/.exec(why)?.[1] ?? '';
    here.hg(...command.split(' '));
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(world.hubHead()).toBe(tip(here));
  });

  it('with its whole branch is not undone', async () => {
    strip('all()');
    here.write('a.txt', 'a\n');
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'branch-deleted' } });
      expect(hg(world.hub, 'log')).toBe('');
    }
    here.hg('push', '-q', '--new-branch', '-r', '.');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
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
});

describe.skipIf(!needs('hg'))('a beginning', () => {
  /** A repository that knows the hub, or none, and has no commit. */
  function unborn(url?: string): HgMachine {
    const top = join(world.folder, 'unborn');
    hg(world.folder, 'init', top);
    const machine = hgMachineAt(top, 'unborn');
    if (url !== undefined) hubIs(machine, url);
    return machine;
  }

  it('of its own in a hub that is empty', async () => {
    const hub = join(world.folder, 'empty');
    hg(world.folder, 'init', hub);
    const machine = unborn(hub);
    expect(await machine.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
    machine.write('a.txt', 'a\n');
    expect(await machine.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
    expect(hg(hub, 'log', '-r', 'default', '-T', '{node}')).toBe(tip(machine));
  });

  it('is adopted from a full hub; local files that differ are kept beside', async () => {
    there.write('same.txt', 'SAME\n');
    await there.run();
    const machine = unborn(world.hub);
    machine.write('same.txt', 'SAME\n');
    machine.write('README.md', 'LOCAL\n');
    machine.write('own.txt', 'OWN\n');
    expect(await machine.run()).toMatchObject({ verdict: 'synced' });
    const machines = [machine, here, there];
    await expectHgConverged({ ...world, machines }, { tokens: ['SAME', 'LOCAL', 'OWN', 'hello'] });
    expect(Object.keys(machine.files())).toHaveLength(4);
  });

  it('waits for a hub that cannot be reached, since one of its own would never meet it', async () => {
    const machine = unborn('http://127.0.0.1:1/hub');
    machine.write('a.txt', 'a\n');
    expect(await machine.run()).toMatchObject({ verdict: 'offline' });
    expect(machine.hg('log')).toBe('');
    hubIs(machine, world.hub);
    expect(await machine.run()).toMatchObject({ verdict: 'synced' });
    expect(machine.files()).toEqual({ 'README.md': 'hello\n', 'a.txt': 'a\n' });
  });

  it('that the hub does not share is not joined', async () => {
    const machine = unborn(world.hub);
    machine.write('a.txt', 'a\n');
    machine.hg('commit', '-q', '-A', '-m', 'own');
    const before = machine.files();
    expect(await machine.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'unrelated-history' } });
    expect(machine.files()).toEqual(before);
  });

  it('without a hub is committed here, and it is said', async () => {
    const machine = unborn();
    machine.write('a.txt', 'a\n');
    expect(await machine.run()).toMatchObject({ verdict: 'attention', commit: { kind: 'committed' } });
  });

  it('with several hubs uses default, or the one that the settings name', async () => {
    const machine = unborn(world.hub);
    writeFileSync(join(machine.top, '.hg/hgrc'), `[paths]\ndefault = ${world.hub}\nbackup = ${world.folder}/nowhere\n`);
    expect(await machine.run()).toMatchObject({ verdict: 'synced' });
    expect(await machine.run({ remote: 'backup' })).toMatchObject({
      verdict: 'attention',
      fetch: { reason: 'not-found' },
    });
  });
});

it.skipIf(!needs('hg'))('a run that finds nothing new leaves the whole repository as it is', async () => {
  there.write('a.txt', 'a\n');
  await there.run();
  await here.run();
  await here.run();
  const before = hgMetadataOf(here);
  await here.run();
  expect(hgMetadataOf(here)).toEqual(before);
});
