import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHome } from '../support/cli.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';
import { startAutosync } from '../support/programs-at-work.js';
import { runAsNobody } from '../support/run-as.js';
import { listening, type Serving, serveSsh, serveTls } from '../support/secure-hub.js';
import { createWorld, git, type Machine, machineAt, type World } from '../support/world.js';

let world: World;
let here: Machine;
let there: Machine;
const servers: Serving[] = [];

beforeEach(() => {
  world = createWorld('here', 'there');
  [here, there] = world.machines as [Machine, Machine];
});
afterEach(async () => {
  for (const { close } of servers.splice(0)) await close();
  world.remove();
});

const serving = async <T extends Serving>(server: Promise<T>): Promise<T> => {
  const found = await server;
  servers.push(found);
  return found;
};

/** Answers as git's own HTTP server does, one piece of the answer every so many milliseconds. */
const gitOverHttp =
  (everyMs = 0): RequestListener =>
  (request, response) => {
    const { pathname, search } = new URL(request.url ?? '', 'http://hub');
    const env = {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: world.folder,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: 'somebody',
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      ...(request.headers['content-encoding'] === 'gzip' ? { HTTP_CONTENT_ENCODING: 'gzip' } : {}),
    };
    const backend = spawn('git', ['http-backend'], { env });
    request.pipe(backend.stdin);
    const pieces: Buffer[] = [];
    backend.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    backend.on('close', () => void answer(response, Buffer.concat(pieces), everyMs));
  };

async function answer(response: ServerResponse<IncomingMessage>, cgi: Buffer, everyMs: number): Promise<void> {
  const end = cgi.indexOf('\r\n\r\n');
  const headers = cgi.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(headers.find((line) => line.startsWith('Status: '))?.slice(8, 11) ?? 200);
  response.writeHead(status, Object.fromEntries(headers.map((line) => line.split(': ') as [string, string])));
  const body = cgi.subarray(end + 4);
  // Only what is long takes its time, as on a slow line: about twelve seconds for the files.
  const size = everyMs === 0 || body.length < 20_000 ? body.length : Math.ceil(body.length / 12);
  for (let at = 0; at < body.length; at += size) {
    response.write(body.subarray(at, at + size));
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  response.end();
}

/** Lets a machine speak to another URL. */
const setUrl = (machine: Machine, url: string): string => machine.git('remote', 'set-url', 'origin', url);

describe('a hub over HTTP', () => {
  it('that is slow, but not silent, is waited for', async () => {
    const { port } = await serving(listening(createHttpServer(gitOverHttp(1_000))));
    there.write('theirs.txt', 'THEIRS\n');
    for (let n = 0; n < 30; n += 1) there.write(`${n}.bin`, randomBytes(20_000));
    await there.run();
    setUrl(here, `http://127.0.0.1:${port}/hub.git`);
    expect(await here.run({ networkTimeoutSeconds: 9 })).toMatchObject({ verdict: 'synced' });
    expect(here.read('theirs.txt')).toBe('THEIRS\n');
  });

  it('that sends a byte now and then for ever is not waited for without end', async () => {
    const server = createServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n');
      const trickle = setInterval(() => socket.write('0'), 100);
      socket.on('error', () => undefined);
      socket.on('close', () => clearInterval(trickle));
    });
    const { port } = await serving(listening(server));
    setUrl(here, `http://127.0.0.1:${port}/hub.git`);
    const report = await here.run({ networkTimeoutSeconds: 1 });
    expect(['offline', 'attention']).toContain(report.verdict);
  });

  it('refuses a wrong password: nobody is asked, the password is nowhere in the report, and the right one mends it', async () => {
    const serve = gitOverHttp();
    const right = `Basic ${Buffer.from('me:right').toString('base64')}`;
    const { port } = await serving(
      listening(
        createHttpServer((request, response) => {
          if (request.headers.authorization === right) serve(request, response);
          else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="hub"' }).end();
        }),
      ),
    );
    setUrl(here, `http://127.0.0.1:${port}/hub.git`);
    const store = join(world.folder, 'credentials');
    here.git('config', 'credential.helper', `store --file=${store}`);
    writeFileSync(store, `http://me:wr0ngS3cret@127.0.0.1:${port}\n`);
    here.write('a.txt', 'MINE\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'attention', fetch: { reason: 'auth' }, commit: { kind: 'committed' } });
    expect(report.why).toContain('credential helper');
    expect(JSON.stringify(report)).not.toContain('wr0ngS3cret');
    writeFileSync(store, `http://me:right@127.0.0.1:${port}\n`);
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });

  it('may be read but not written: the work stays here, and it is said that it may not be pushed', async () => {
    const serve = gitOverHttp();
    const { port } = await serving(
      listening(
        createHttpServer((request, response) => {
          if (request.url?.includes('git-receive-pack') === true) response.writeHead(403).end();
          else serve(request, response);
        }),
      ),
    );
    setUrl(here, `http://127.0.0.1:${port}/hub.git`);
    here.write('a.txt', 'MINE\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'unavailable', reason: 'auth' } });
    expect(here.git('status', '--porcelain')).toBe('');
  });
});

describe.skipIf(!needs('openssl'))('a hub over TLS', () => {
  const TRUSTED = ['20200101000000Z', '20490101000000Z'] as const;

  it.each([
    ['has expired', ['20200101000000Z', '20210101000000Z'], true],
    ['is not valid yet', ['20480101000000Z', '20490101000000Z'], true],
    ['nobody vouches for', TRUSTED, false],
  ] as const)('whose certificate %s is not spoken to, and it is said why', async (_what, dates, isTrusted) => {
    const requests: string[] = [];
    const { port, certificate } = await serving(
      serveTls(join(world.folder, 'tls'), dates, (request, response) => {
        requests.push(request.url ?? '');
        response.end();
      }),
    );
    setUrl(here, `https://127.0.0.1:${port}/hub.git`);
    if (isTrusted) here.git('config', 'http.sslCAInfo', certificate);
    here.write('a.txt', 'MINE\n');
    const report = await here.run();
    expect(report).toMatchObject({
      verdict: 'attention',
      fetch: { reason: 'certificate' },
      commit: { kind: 'committed' },
    });
    expect(report.why).toContain('certificate');
    expect(requests).toEqual([]);
  });

  it('that the person trusts is used', async () => {
    const { port, certificate } = await serving(serveTls(join(world.folder, 'tls'), TRUSTED, gitOverHttp()));
    setUrl(here, `https://127.0.0.1:${port}/hub.git`);
    here.git('config', 'http.sslCAInfo', certificate);
    here.write('a.txt', 'MINE\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });
});

describe.skipIf(!needs('sshd'))('a hub over ssh', () => {
  it('whose host key nobody has accepted is not spoken to; accepted it is; changed it is not', async () => {
    const ssh = await serving(serveSsh(join(world.folder, 'ssh'), userInfo().username));
    const hosts = join(world.folder, 'known');
    setUrl(here, ssh.url(world.hub));
    here.git('config', 'core.sshCommand', ssh.command(hosts));
    here.write('a.txt', 'MINE\n');
    const unknown = await here.run();
    expect(unknown).toMatchObject({
      verdict: 'attention',
      fetch: { reason: 'host-key' },
      commit: { kind: 'committed' },
    });
    expect(unknown.why).toContain('git fetch');
    expect(() => readFileSync(hosts)).toThrow();
    writeFileSync(hosts, ssh.hostKey);
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    const other = readFileSync(join(world.folder, 'ssh/person.pub'), 'utf8').split(' ')[1] ?? '';
    writeFileSync(hosts, ssh.hostKey.replace(/\S+\n$/, `${other}\n`));
    expect(await here.run()).toMatchObject({ verdict: 'attention', fetch: { reason: 'host-key' } });
  });

  it('that does not know the key asks for nothing, and the person is told', async () => {
    const ssh = await serving(serveSsh(join(world.folder, 'ssh'), userInfo().username));
    const hosts = join(world.folder, 'known');
    writeFileSync(hosts, ssh.hostKey);
    writeFileSync(join(world.folder, 'ssh/authorized'), '');
    setUrl(here, ssh.url(world.hub));
    here.git('config', 'core.sshCommand', ssh.command(hosts));
    expect(await here.run()).toMatchObject({ verdict: 'attention', fetch: { reason: 'auth' } });
  });
});

describe.skipIf(!needs('useradd as root'))('a hub on a disk that may only be read', () => {
  it('gives, and it is said that it does not take', () => {
    there.write('theirs.txt', 'THEIRS\n');
    git(there.top, 'add', '.');
    git(there.top, 'commit', '-q', '-m', 'theirs');
    git(there.top, 'push', '-q');
    here.write('a.txt', 'MINE\n');
    for (const folder of ['objects', 'refs', '.']) chmodSync(join(world.hub, folder), 0o555);
    const report = runAsNobody(world, here);
    expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason: 'read-only' } });
    expect(here.read('theirs.txt')).toBe('THEIRS\n');
    for (const folder of ['.', 'objects', 'refs']) chmodSync(join(world.hub, folder), 0o755);
    expect(runAsNobody(world, here).verdict).toBe('synced');
  });
});

describe('a hub that has changed', () => {
  it('to another place: what was gone is found again when its new URL is known', async () => {
    const moved = join(world.folder, 'moved.git');
    renameSync(world.hub, moved);
    here.write('a.txt', 'MINE\n');
    expect(await here.run()).toMatchObject({ verdict: 'attention', fetch: { reason: 'not-found' } });
    for (const machine of [here, there]) setUrl(machine, moved);
    await expectConverged({ ...world, hubHead: () => git(moved, 'rev-parse', 'main') }, { tokens: ['MINE'] });
  });

  it('to an empty one under the same URL: nothing is brought back behind the back of whoever emptied it', async () => {
    rmSync(world.hub, { recursive: true });
    git(world.folder, 'init', '-q', '--bare', '-b', 'main', world.hub);
    here.write('a.txt', 'MINE\n');
    expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'branch-deleted' } });
    expect(git(world.hub, 'for-each-ref')).toBe('');
  });

  it('to one of another history under the same URL: the two are not joined', async () => {
    rmSync(world.hub, { recursive: true });
    const other = join(world.folder, 'other');
    git(world.folder, 'init', '-q', '-b', 'main', other);
    git(other, 'commit', '-q', '--allow-empty', '-m', 'other');
    git(world.folder, 'clone', '-q', '--bare', other, world.hub);
    const head = world.hubHead();
    here.write('a.txt', 'MINE\n');
    expect((await here.run()).verdict).toBe('blocked');
    expect(world.hubHead()).toBe(head);
  });

  it('the name of its default branch: the old one is not brought back, and it is said how to go on', async () => {
    git(world.hub, 'branch', '-m', 'main', 'trunk');
    git(world.hub, 'symbolic-ref', 'HEAD', 'refs/heads/trunk');
    here.write('a.txt', 'MINE\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'branch-deleted' } });
    expect(report.why).toContain("no longer has 'main'");
    expect(git(world.hub, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/trunk');
    here.git('branch', '-m', 'main', 'trunk');
    here.git('fetch', '-q', '--prune');
    here.git('branch', '-q', '-u', 'origin/trunk');
    expect(await here.run()).toMatchObject({ verdict: 'synced', branch: 'trunk', push: { kind: 'pushed' } });
  });

  it('its order: two remotes, of which only the one that the branch follows is used', async () => {
    const second = join(world.folder, 'second.git');
    git(world.folder, 'init', '-q', '--bare', '-b', 'main', second);
    here.git('remote', 'add', 'second', second);
    here.write('a.txt', 'MINE\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(git(second, 'for-each-ref')).toBe('');
    here.git('push', '-q', '-u', 'second', 'main');
    here.write('b.txt', 'MORE\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(git(second, 'rev-parse', 'main')).toBe(here.git('rev-parse', 'HEAD'));
    expect(world.hubHead()).not.toBe(here.git('rev-parse', 'HEAD'));
  });
});

describe('a push that is larger than the hub takes', () => {
  it('is told, and nothing is lost; when the hub takes it, it goes', async () => {
    git(world.hub, 'config', 'receive.maxInputSize', '2k');
    for (let n = 0; n < 60; n += 1) here.write(`many/${n}.txt`, `${Math.random()} ${n}`.repeat(20));
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'attention', commit: { kind: 'committed' } });
    expect(report.why).toMatch(/pack exceeds|too large|limit/);
    expect(Object.keys(here.files())).toHaveLength(61);
    git(world.hub, 'config', '--unset', 'receive.maxInputSize');
    await expectConverged(world);
    expect(Object.keys(there.files())).toHaveLength(61);
  });
});

describe('a partial clone', () => {
  it('brings in what it needs, merges and sends like any other', async () => {
    git(world.hub, 'config', 'uploadpack.allowFilter', 'true');
    git(world.hub, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
    there.write('same.txt', 'one\ntwo\nthree\nfour\nfive\n');
    there.write('conflict.txt', 'base\n');
    await there.run();
    const top = join(world.folder, 'partial');
    git(world.folder, 'clone', '-q', '--filter=blob:none', `file://${world.hub}`, top);
    const partial = machineAt(top, 'partial');
    there.write('same.txt', 'ONE\ntwo\nthree\nfour\nfive\n');
    there.write('conflict.txt', 'THEIRS\n');
    there.write('new.txt', 'NEW\n');
    await there.run();
    partial.write('same.txt', 'one\ntwo\nthree\nfour\nFIVE\n');
    partial.write('conflict.txt', 'MINE\n');
    expect(await partial.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    expect(partial.read('same.txt')).toBe('ONE\ntwo\nthree\nfour\nFIVE\n');
    await expectConverged({ ...world, machines: [partial, there] }, { tokens: ['THEIRS', 'MINE', 'NEW'] });
  });

  it('whose hub is out of reach keeps its files, and says so', async () => {
    git(world.hub, 'config', 'uploadpack.allowFilter', 'true');
    const top = join(world.folder, 'partial');
    git(world.folder, 'clone', '-q', '--filter=blob:none', `file://${world.hub}`, top);
    const partial = machineAt(top, 'partial');
    renameSync(world.hub, `${world.hub}-away`);
    partial.write('README.md', 'MINE\n');
    expect(await partial.run()).toMatchObject({ verdict: 'attention', commit: { kind: 'committed' } });
    renameSync(`${world.hub}-away`, world.hub);
    expect(await partial.run()).toMatchObject({ verdict: 'synced' });
  });
});

describe('machines that push at the same moment', () => {
  it.each([2, 4, 8])('%i of them, each a process of its own, all come through in two runs', async (count) => {
    const machines = Array.from({ length: count }, (_, n) => world.add(`m${n}`));
    const homes = machines.map(({ name }) => createHome(mkdtempSync(join(tmpdir(), 'home-')), name));
    for (const machine of machines) {
      machine.write(`${machine.name}.txt`, `BY-${machine.name}\n`);
      machine.write('shared.txt', `SHARED-${machine.name}\n`);
    }
    const runs = homes.map((home, n) => startAutosync(home, 'snapshot', machines[n]?.top ?? ''));
    const codes = await Promise.all(runs.map(async ({ ended }) => (await ended).code));
    for (const code of codes) expect([0, 1]).toContain(code);
    expect(git(world.hub, 'fsck')).not.toMatch(/error|missing/);
    const tokens = machines.flatMap(({ name }) => [`BY-${name}`, `SHARED-${name}`]);
    await expectConverged({ ...world, machines }, { tokens });
  });
});
