import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RepoReport } from '../../src/model/report.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { expectConverged, metadataOf } from '../support/oracles.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const servers: Server[] = [];
const sockets = new Set<Socket>();

/** Starts a server on a free port of this machine; returns the port. */
async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const answering = (listener: RequestListener): Promise<number> => listen(createHttpServer(listener));

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

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

  const hubIs = (machine: Desk, url: string): void => vcs.knowHubs(machine, { [vcs.hubName]: url });

  describe('work that was set aside on the hub', () => {
    const run = (): Promise<RepoReport> => here.run({ conflict: 'pause' });
    const isThere = (): boolean => {
      try {
        return here.savedAside() !== '';
      } catch {
        return false;
      }
    };

    beforeEach(async () => {
      there.write('README.md', 'THEIRS\n');
      await there.run();
      here.write('README.md', 'MINE\n');
      expect((await run()).why).toContain('the work is safe on');
    });

    it('and was taken away there is not called safe, and comes back only when somebody wants it', async () => {
      vcs.takeBackAside(world, 'here');
      const { verdict, why } = await run();
      expect([verdict, isThere()]).toEqual(['conflict', false]);
      expect(why).not.toContain('safe');
      const [, command = ''] =
        /; the work is no longer on the hub's 'autosync\/here\/.*'; to send it again: (.*)$/.exec(why) ?? [];
      // Hg exits with 1 where it has sent a bookmark alone.
      spawnSync(command, { cwd: here.top, shell: true });
      expect([here.savedAside(), (await run()).why]).toEqual([
        here.head(),
        expect.stringContaining('the work is safe on'),
      ]);
    });

    it('is called safe only where the hub has just been asked', async () => {
      const tree = await here.open();
      rmSync(world.hub, { recursive: true });
      expect(await tree.publishAside(world.branch)).toMatchObject({ kind: 'unavailable' });
    });

    it('is followed by more of it, also where that was taken away', async () => {
      here.write('README.md', 'MINE AGAIN\n');
      expect((await run()).why).toContain('the work is safe on');
      expect(here.savedAside()).toBe(here.head());
      vcs.takeBackAside(world, 'here');
      here.write('README.md', 'MINE ONCE MORE\n');
      expect((await run()).why).toContain('the work is safe on');
      expect(here.savedAside()).toBe(here.head());
    });
  });

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
      vcs.createHub(world.hub);
      there.send();
      expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    });

    it.each([
      ['refuses the connection', 'http://127.0.0.1:1/hub'],
      ['has a name that nobody knows', 'http://hub.invalid/hub'],
      ['has a name that ssh does not know', 'ssh://hub.invalid/hub'],
    ])('because it %s', async (_why, url) => {
      hubIs(here, url);
      here.write('a.txt', 'a\n');
      // Some networks take their time to say that there is no such name.
      const report = await here.run({ networkTimeoutSeconds: 120 });
      expect(report).toMatchObject({
        verdict: 'offline',
        fetch: { reason: 'offline' },
        commit: { kind: 'committed' },
      });
    });

    it.each(vcs.protocols)('because it accepts and never answers (%s): the run ends all the same', async (protocol) => {
      hubIs(here, `${protocol}://127.0.0.1:${await listen(createServer())}/hub`);
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

    it.each(vcs.protocols)('because it closes in the middle (%s)', async (protocol) => {
      const port = await listen(createServer((socket) => socket.once('data', () => socket.destroy())));
      hubIs(here, `${protocol}://127.0.0.1:${port}/hub`);
      expect(await here.run()).toMatchObject({ verdict: 'offline', fetch: { reason: 'offline' } });
    });
  });

  describe('a push that the hub refuses', () => {
    it.each([
      ['no pushes on fridays', 'hook'],
      ['your quota is used up', 'quota'],
      ['protected branch update failed', 'protected'],
    ])('with the words %j is told with its reason', async (words, reason) => {
      vcs.refuse(world, words);
      here.write('a.txt', 'a\n');
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason } });
      expect(report.why).toContain(words);
      vcs.accept(world);
      expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    });
  });

  describe('a history that was taken back', () => {
    let before: string;

    beforeEach(async () => {
      before = world.hubHead();
      there.write('secret.txt', 'PURGED\n');
      await there.run();
      await here.run();
      vcs.takeBack(world, 'last');
    });

    /** Does what a report says. */
    function obey(why: string, pattern: RegExp): void {
      const commands = pattern.exec(why)?.[1]?.split(' && ') ?? [];
      for (const command of commands) here.command(...command.split(' ').slice(1));
    }

    it('is not merged, and nothing is pushed, as often as it is looked at', async () => {
      here.write('a.txt', 'a\n');
      for (let turn = 0; turn < 2; turn += 1) {
        expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'history-rewritten' } });
        expect(world.hubHead()).toBe(before);
      }
      expect(here.read('secret.txt')).toBe('PURGED\n');
    });

    it('and replaced by another one is not merged either', async () => {
      const third = world.add('third');
      third.write('other.txt', 'other\n');
      await third.run();
      expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'history-rewritten' } });
      expect(here.has('other.txt')).toBe(false);
      expect(world.hubHead()).toBe(third.head());
    });

    it.each(['last', 'branch'] as const)('is not sent again by a run that brings nothing in (%s)', async (what) => {
      if (what === 'branch') vcs.takeBack(world, what);
      const left = world.hubHistory();
      here.write('a.txt', 'a\n');
      const kind = what === 'last' ? 'history-rewritten' : 'branch-deleted';
      for (let turn = 0; turn < 2; turn += 1) {
        expect(await here.run({}, { pull: false })).toMatchObject({ verdict: 'blocked', blocked: { kind } });
        expect(world.hubHistory()).toBe(left);
      }
    });

    it('is not sent again with what a hook refuses to commit', async () => {
      vcs.refuseCommits(here);
      here.write('a.txt', 'a\n');
      expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'history-rewritten' } });
      expect(world.hubHistory()).not.toContain('PURGED');
    });

    it('ends with the command that adopts it', async () => {
      obey((await here.run()).why, /to adopt it: (.*?); to refuse/);
      expect(await here.run()).toMatchObject({ verdict: 'synced' });
      expect(here.has('secret.txt')).toBe(false);
      here.write('a.txt', 'a\n');
      expect(await here.run()).toMatchObject({ verdict: 'synced', push: { commits: 1 } });
      expect(world.hubHistory()).not.toContain('PURGED');
    });

    it('ends with the command that refuses it', async () => {
      obey((await here.run()).why, /to refuse it: (.*)$/);
      expect(await here.run()).toMatchObject({ verdict: 'synced' });
      expect(world.hubHead()).toBe(here.head());
    });

    it('with its whole branch is not undone', async () => {
      vcs.takeBack(world, 'branch');
      here.write('a.txt', 'a\n');
      for (let turn = 0; turn < 2; turn += 1) {
        expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'branch-deleted' } });
        expect(world.hubHistory()).toBe('');
      }
      here.send();
      expect(await here.run()).toMatchObject({ verdict: 'synced' });
    });
  });

  describe('a beginning', () => {
    /** A repository that knows some hubs, or none, and has no commit. */
    function unborn(hubs: Readonly<Record<string, string>> = {}): Desk {
      const top = join(world.folder, 'unborn');
      vcs.create(top);
      const machine = vcs.machineAt(top, 'unborn');
      vcs.knowHubs(machine, hubs);
      return machine;
    }

    const headOf = async (machine: Desk): Promise<string | undefined> => (await (await machine.open()).inspect()).head;

    it('of its own in a hub that is empty', async () => {
      const hub = join(world.folder, 'empty');
      vcs.createHub(hub);
      const machine = unborn({ [vcs.hubName]: hub });
      expect(await machine.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
      machine.write('a.txt', 'a\n');
      expect(await machine.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
      const other = join(world.folder, 'other');
      vcs.create(other);
      const second = vcs.machineAt(other, 'second');
      hubIs(second, hub);
      expect(await second.run()).toMatchObject({ verdict: 'synced' });
      expect(second.head()).toBe(machine.head());
    });

    it('is adopted from a full hub; local files that differ are kept beside', async () => {
      there.write('same.txt', 'SAME\n');
      await there.run();
      const machine = unborn({ [vcs.hubName]: world.hub });
      machine.write('same.txt', 'SAME\n');
      machine.write('README.md', 'LOCAL\n');
      machine.write('own.txt', 'OWN\n');
      expect(await machine.run()).toMatchObject({ verdict: 'synced' });
      const machines = [machine, here, there];
      await expectConverged({ ...world, machines }, { tokens: ['SAME', 'LOCAL', 'OWN', 'hello'] });
      expect(Object.keys(machine.files())).toHaveLength(4);
    });

    it('waits for a hub that cannot be reached, since one of its own would never meet it', async () => {
      const machine = unborn({ [vcs.hubName]: 'http://127.0.0.1:1/hub' });
      machine.write('a.txt', 'a\n');
      expect(await machine.run()).toMatchObject({ verdict: 'offline' });
      expect(await headOf(machine)).toBe(undefined);
      hubIs(machine, world.hub);
      expect(await machine.run()).toMatchObject({ verdict: 'synced' });
      expect(machine.files()).toEqual({ 'README.md': 'hello\n', 'a.txt': 'a\n' });
    });

    it('that the hub does not share is not joined', async () => {
      const machine = unborn({ [vcs.hubName]: world.hub });
      machine.write('a.txt', 'a\n');
      machine.commit('own');
      const before = machine.files();
      expect(await machine.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'unrelated-history' } });
      expect(machine.files()).toEqual(before);
    });

    it('without a hub is committed here, and it is said', async () => {
      const machine = unborn();
      machine.write('a.txt', 'a\n');
      const report = await machine.run();
      expect(report).toMatchObject({ verdict: 'attention', commit: { kind: 'committed' } });
      expect(report.why).toContain('there is no hub');
    });

    it('with several hubs uses the usual one, or the one that the settings name', async () => {
      const machine = unborn({ [vcs.hubName]: world.hub, backup: join(world.folder, 'nowhere') });
      expect(await machine.run()).toMatchObject({ verdict: 'synced' });
      expect(await machine.run({ remote: 'backup' })).toMatchObject({
        verdict: 'attention',
        fetch: { reason: 'not-found' },
      });
      vcs.knowHubs(machine, { first: world.hub, backup: join(world.folder, 'nowhere') });
      expect((await machine.run()).verdict).toBe('attention');
    });
  });

  it('a run that finds nothing new leaves the whole repository as it is', async () => {
    there.write('a.txt', 'a\n');
    await there.run();
    await here.run();
    await here.run();
    const before = metadataOf(here);
    await here.run();
    expect(metadataOf(here)).toEqual(before);
  });
}

describe.each(HARNESSES)('$name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('a working tree', () => contract(vcs));
});
