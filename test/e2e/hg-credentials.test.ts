import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHome, type Ended, type Home, until } from '../support/cli.js';
import { freePort } from '../support/free-port.js';
import {
  type Authority,
  createAuthority,
  type Server,
  type SshServer,
  sshKey,
  startFront,
  startHgServe,
  startSshd,
} from '../support/hg-servers.js';
import { createHgWorld, type HgWorld } from '../support/hg-world.js';
import { needs } from '../support/needs.js';

const PASSWORD = 'open-sesame-4711';

let world: HgWorld;
let home: Home;
const servers: Server[] = [];

const started = async <S extends Server>(server: Promise<S>): Promise<S> => {
  servers.push(await server);
  return await server;
};

beforeAll(() => {
  world = createHgWorld();
});

beforeEach(() => {
  home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
});

afterAll(() => {
  for (const server of servers) server.stop();
  world.remove();
});

/** What the person has in his `~/.hgrc`. */
const hgrc = (...lines: readonly string[]): void => appendFileSync(join(home.folder, '.hgrc'), `${lines.join('\n')}\n`);

const clone = (url: string): Ended => home.autosync('clone', url, 'notes', '--vcs', 'hg', '--scheduler', 'none');

let count = 0;

/** Clones, and sends a file from there: what a hub gives, and what it takes. */
function expectToWork(url: string): void {
  expect(clone(url)).toMatchObject({ code: 0 });
  count += 1;
  writeFileSync(join(home.folder, 'notes', `file-${count}.md`), 'x\n');
  expect(home.autosync('snapshot', 'notes')).toMatchObject({ code: 0 });
  const { repos } = JSON.parse(home.autosync('status', '--json').out);
  expect(repos).toMatchObject([{ vcs: 'hg', verdict: 'synced', unpushed: 0 }]);
  expect(execFileSync('hg', ['-R', world.hub, 'files', '-r', 'tip'], { encoding: 'utf8' })).toContain(
    `file-${count}.md`,
  );
}

/** Expects a clone to end with a code and words, at once and without a trace. */
function expectToFail(url: string, code: number, ...words: readonly RegExp[]): void {
  const ended = clone(url);
  for (const word of words) expect(ended.err).toMatch(word);
  expect(ended.err).not.toMatch(/bug in autosync/);
  expect(ended.code).toBe(code);
  expect(readdirSync(home.folder).filter((name) => name.includes('notes'))).toEqual([]);
}

/** Expects that a secret is nowhere in what autosync has written, nor in what hg keeps of the clone. */
function expectNoSecret(secret: string): void {
  for (const folder of ['.local', '.config/autosync', 'notes'].map((name) => join(home.folder, name))) {
    if (!existsSync(folder)) continue;
    const found = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => readFileSync(path, 'latin1').includes(secret));
    expect(found).toEqual([]);
  }
}

describe.skipIf(!['hg', 'openssl'].every(needs))('a Mercurial hub behind hg serve', () => {
  it('is cloned and kept over http', async () => {
    const { port } = await started(startHgServe(world.hub));
    expectToWork(`http://127.0.0.1:${port}/`);
  });

  it('is told from a git hub without being asked for', async () => {
    const { port } = await started(startHgServe(world.hub));
    expect(home.autosync('clone', `http://127.0.0.1:${port}/`, 'notes', '--scheduler', 'none')).toMatchObject({
      code: 0,
    });
    expect(existsSync(join(home.folder, 'notes', '.hg'))).toBe(true);
  });

  it('that is not there is not waited for', async () => {
    expectToFail(`http://127.0.0.1:${await freePort()}/`, 12, /refused/i, /try again when/);
  });

  it('that does not have the repository is said to have none', async () => {
    const { port } = await started(startHgServe(world.hub));
    expectToFail(`http://127.0.0.1:${port}/elsewhere`, 1, /404|not found/i, /check the URL/);
  });

  describe('with TLS', () => {
    let authority: Authority;
    let url: string;

    beforeAll(async () => {
      authority = createAuthority();
      const { port } = await started(startHgServe(world.hub, authority.server));
      url = `https://localhost:${port}/`;
    });

    it('is trusted when the person names its authority', () => {
      hgrc('[web]', `cacerts = ${authority.certificate}`);
      expectToWork(url);
    });

    it('is trusted when the person names its fingerprint', () => {
      hgrc('[hostsecurity]', `localhost:fingerprints = ${authority.fingerprint}`);
      expectToWork(url);
    });

    it('is not trusted otherwise, and the person is told what to name', () => {
      expectToFail(url, 1, /certificate/i, /\[web\] cacerts/);
    });

    it('is not trusted when its fingerprint is another one', () => {
      hgrc('[hostsecurity]', `localhost:fingerprints = sha256:${'00:'.repeat(31)}00`);
      expectToFail(url, 1, /certificate|fingerprint/i);
    });
  });
});

const FRONT = ['hg', 'openssl', 'lighttpd', 'lighttpd-mod-openssl'];

describe.skipIf(!FRONT.every(needs))('a Mercurial hub behind a web server', () => {
  let authority: Authority;
  let behind: Server;

  beforeAll(async () => {
    authority = createAuthority();
    behind = await started(startHgServe(world.hub));
  });

  beforeEach(() => hgrc('[web]', `cacerts = ${authority.certificate}`));

  describe('that asks for a password', () => {
    let url: string;

    beforeAll(async () => {
      const { port } = await started(startFront(behind, { authority, user: `ann:${PASSWORD}` }));
      url = `https://localhost:${port}/`;
    });

    const auth = (password: string): void =>
      hgrc('[auth]', 'hub.prefix = localhost', 'hub.username = ann', `hub.password = ${password}`);
    const netrc = (password: string, mode = 0o600): void =>
      writeFileSync(join(home.folder, '.netrc'), `machine localhost login ann password ${password}\n`, { mode });

    it('gets it from [auth], and it is written nowhere else', () => {
      auth(PASSWORD);
      expectToWork(url);
      expectNoSecret(PASSWORD);
    });

    it('gets it from .netrc, and it is written nowhere else', () => {
      netrc(PASSWORD);
      expectToWork(url);
      expectNoSecret(PASSWORD);
    });

    it.skipIf(!needs('mercurial-keyring'))('gets it from the keyring, and it is written nowhere else', () => {
      keyring(url, PASSWORD);
      expectToWork(url);
    });

    it.skipIf(!needs('mercurial-keyring'))('asks nobody when the keyring has none', () => {
      keyring('https://elsewhere/', PASSWORD);
      expectToFail(url, 1, /authorization|authentication/i, /\[auth\] in ~\/\.hgrc/);
    });

    it('does not get it from a .netrc that others may read', () => {
      netrc(PASSWORD, 0o644);
      expectToFail(url, 1, /~\/\.netrc is not used/);
    });

    it('gets that of another user from nowhere', () => {
      netrc(PASSWORD);
      expectToFail(url.replace('//', '//bob@'), 1, /authorization/);
    });

    it('says at once that it is wrong', () => {
      auth('wrong-4711');
      expectToFail(url, 1, /authorization failed/, /\[auth\] in ~\/\.hgrc, ~\/\.netrc or the keyring/);
      expectNoSecret('wrong-4711');
    });

    it('says at once that there is none', () => {
      expectToFail(url, 1, /authorization/, /\[auth\] in ~\/\.hgrc, ~\/\.netrc or the keyring/);
    });

    it('does not repeat one that stands in the URL', () => {
      const { err, out } = clone(url.replace('//', '//ann:wrong-4711@'));
      expect(err).toMatch(/authorization failed/);
      expect(`${out}${err}`).not.toContain('wrong-4711');
    });

    it('is out of reach for one whose password was changed, until he mends it', () => {
      netrc(PASSWORD);
      expectToWork(url);
      netrc('changed-4711');
      writeFileSync(join(home.folder, 'notes', 'later.md'), 'x\n');
      const refused = home.autosync('snapshot', 'notes');
      expect(refused.out).toMatch(/attention — .*authorization failed.*\[auth\]/s);
      expect(refused.code).toBe(1);
      netrc(PASSWORD);
      expect(home.autosync('snapshot', 'notes')).toMatchObject({ code: 0 });
    });
  });

  describe('that asks for a certificate', () => {
    let url: string;

    beforeAll(async () => {
      const { port } = await started(startFront(behind, { authority, wantsCertificate: true }));
      url = `https://localhost:${port}/`;
    });

    const auth = ({ certificate, key }: Authority['client']): void =>
      hgrc('[auth]', 'hub.prefix = localhost', `hub.cert = ${certificate}`, `hub.key = ${key}`);

    it('gets the one that [auth] names', () => {
      auth(authority.client);
      expectToWork(url);
    });

    it('says at once that there is none', () => {
      expectToFail(url, 1, /SSL|certificate/i, /\[auth\] <name>\.cert and \.key/);
    });

    it('says at once that it does not believe it', () => {
      auth(createAuthority().client);
      expectToFail(url, 1, /SSL|certificate/i, /\[auth\] <name>\.cert and \.key/);
    });
  });
});

/** Puts a password into a keyring that needs no desktop, and switches hg's keyring on. */
function keyring(url: string, password: string): void {
  const settings = join(home.folder, '.config', 'python_keyring');
  mkdirSync(settings, { recursive: true });
  const backend = 'keyrings.alt.file.PlaintextKeyring';
  writeFileSync(join(settings, 'keyringrc.cfg'), `[backend]\ndefault-keyring=${backend}\n`);
  const prefix = url.replace(/\/$/, '');
  const script = 'import keyring, sys; keyring.set_password("Mercurial", sys.argv[1], sys.argv[2])';
  execFileSync('/usr/bin/python3', ['-c', script, `ann@@${prefix}`, password], { env: home.env });
  hgrc('[extensions]', 'mercurial_keyring =', '[auth]', `hub.prefix = ${prefix}`, 'hub.username = ann');
}

const SSH = ['hg', 'sshd', 'ssh', 'ssh-keygen', 'ssh-agent', 'ssh-add'];

describe.skipIf(!SSH.every(needs))('a Mercurial hub behind sshd', () => {
  let sshd: SshServer;
  let url: string;
  let agent: ChildProcess | undefined;

  beforeAll(async () => {
    sshd = await started(startSshd());
    url = `ssh://${sshd.user}@127.0.0.1:${sshd.port}/${world.hub}`;
  });

  afterAll(() => void agent?.kill());

  /** What the person has told ssh: which hosts it knows, and which key it may show. */
  function ssh({ key, knows = sshd.knownHost }: { readonly key?: string; readonly knows?: string }): void {
    const folder = join(home.folder, '.ssh');
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'known_hosts'), knows);
    const identity = key === undefined ? ['IdentityFile none'] : [`IdentityFile ${key}`, 'IdentitiesOnly yes'];
    const lines = [`UserKnownHostsFile ${join(folder, 'known_hosts')}`, 'GlobalKnownHostsFile none', ...identity];
    writeFileSync(join(folder, 'config'), `${lines.join('\n')}\n`);
    // ssh looks for its files in the home folder of the password database, which is not this one.
    hgrc('[ui]', `ssh = ssh -F ${join(folder, 'config')}`);
  }

  it('is cloned and kept with a key', () => {
    ssh({ key: sshd.key });
    expectToWork(url);
  });

  it('is cloned and kept with the agent', async () => {
    ssh({});
    const socket = join(mkdtempSync(join(tmpdir(), 'agent-')), 'socket');
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    home = home.with({ SSH_AUTH_SOCK: socket });
    const { env } = home;
    await until('the agent has the key', () => spawnSync('ssh-add', ['-q', sshd.key], { env }).status === 0);
    expectToWork(url);
  });

  it('says at once that it does not take the key', () => {
    const stranger = join(home.folder, 'stranger');
    sshKey(stranger);
    ssh({ key: stranger });
    expectToFail(url, 1, /Permission denied \(publickey\)/, /ssh-add -l/);
  });

  it('says at once that there is no key', () => {
    ssh({});
    expectToFail(url, 1, /Permission denied \(publickey\)/, /ssh-add -l/);
  });

  it('is not trusted until the person has accepted its key', () => {
    ssh({ key: sshd.key, knows: '' });
    expectToFail(url, 1, /Host key verification failed/, /connect once by hand/);
  });

  it('does not have every repository', () => {
    ssh({ key: sshd.key });
    expectToFail(`${url}-elsewhere`, 1, /no repository found|not found/, /check the URL/);
  });
});
