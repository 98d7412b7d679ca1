import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram } from '../../scripts/steps/programs.js';
import { until } from './cli.js';
import { freePort } from './free-port.js';

/** A server of a test's own, on 127.0.0.1. */
export type Server = { readonly port: number; readonly stop: () => void };

/** Serves a repository with `hg serve`: everybody may push; with TLS where there is a certificate. */
export async function startHgServe(repository: string, certificate?: string): Promise<Server> {
  const port = await freePort();
  const settings = ['web.push_ssl=no', 'web.allow-push=*'].flatMap((setting) => ['--config', setting]);
  const tls = certificate === undefined ? [] : ['--certificate', certificate];
  const args = ['serve', '-R', repository, '-a', '127.0.0.1', '-p', String(port), ...settings, ...tls];
  return await running(spawn('hg', args, { stdio: 'ignore' }), port);
}

/** What a front asks of whoever comes. */
export type Gate = {
  readonly authority: Authority;
  /** `name:password`, by HTTP's basic authentication. */
  readonly user?: string;
  /** Whether a certificate of the authority's is asked for. */
  readonly wantsCertificate?: boolean;
};

/** Puts a lighttpd with TLS before a server, as the owner of a hub does. */
export async function startFront(behind: Server, { authority, user, wantsCertificate }: Gate): Promise<Server> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'front-'));
  const modules = ['mod_openssl', 'mod_proxy', 'mod_auth', 'mod_authn_file'].map((name) => `"${name}"`);
  const users = join(folder, 'users');
  writeFileSync(users, `${user ?? ''}\n`);
  const lines = [
    `server.modules = (${modules.join(', ')})`,
    'server.bind = "127.0.0.1"',
    `server.port = ${port}`,
    `server.document-root = "${folder}"`,
    'ssl.engine = "enable"',
    `ssl.pemfile = "${authority.server}"`,
    `proxy.server = ("" => (("host" => "127.0.0.1", "port" => ${behind.port})))`,
    ...(user === undefined
      ? []
      : [
          'auth.backend = "plain"',
          `auth.backend.plain.userfile = "${users}"`,
          'auth.require = ("/" => ("method" => "basic", "realm" => "hub", "require" => "valid-user"))',
        ]),
    ...(wantsCertificate === true
      ? [
          `ssl.ca-file = "${authority.certificate}"`,
          'ssl.verifyclient.activate = "enable"',
          'ssl.verifyclient.enforce = "enable"',
        ]
      : []),
  ];
  const configuration = join(folder, 'lighttpd.conf');
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  const program = findProgram('lighttpd') ?? 'lighttpd';
  return await running(spawn(program, ['-D', '-f', configuration], { stdio: 'ignore' }), port);
}

/** A certificate authority of a test's own, and what it has signed; each is a PEM file. */
export type Authority = {
  readonly certificate: string;
  /** The key and certificate of a server on this machine. */
  readonly server: string;
  /** The fingerprint of that certificate, as hg writes it. */
  readonly fingerprint: string;
  readonly client: { readonly certificate: string; readonly key: string };
};

/** Makes an authority, a server's certificate for 127.0.0.1 and a client's. */
export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'));
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): string =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const key = (name: string): readonly string[] => ['-newkey', 'rsa:2048', '-nodes', '-keyout', at(`${name}.key`)];
  openssl('req', '-x509', ...key('ca'), '-subj', '/CN=Test Authority', '-days', '2', '-out', at('ca.pem'));
  const sign = (name: string, extension: string): void => {
    writeFileSync(at('extension'), `${extension}\n`);
    openssl('req', ...key(name), '-subj', `/CN=${name}`, '-out', at(`${name}.csr`));
    const by = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', at(`${name}.csr`), ...by, '-extfile', at('extension'), '-out', at(`${name}.crt`));
  };
  sign('server', 'subjectAltName = IP:127.0.0.1, DNS:localhost');
  sign('client', 'extendedKeyUsage = clientAuth');
  writeFileSync(at('server.pem'), ['server.key', 'server.crt'].map((name) => readFileSync(at(name), 'utf8')).join(''));
  const [, fingerprint = ''] = openssl('x509', '-in', at('server.crt'), '-noout', '-fingerprint', '-sha256')
    .trim()
    .split('=');
  return {
    certificate: at('ca.pem'),
    server: at('server.pem'),
    fingerprint: `sha256:${fingerprint.toLowerCase()}`,
    client: { certificate: at('client.crt'), key: at('client.key') },
  };
}

/** An sshd for this user, with one key that it takes. */
export type SshServer = Server & {
  readonly user: string;
  readonly key: string;
  /** A line of `known_hosts` with its host key. */
  readonly knownHost: string;
};

/** Starts a private sshd; it knows no password. */
export async function startSshd(): Promise<SshServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'sshd-'));
  chmodSync(folder, 0o700);
  for (const name of ['host', 'user']) sshKey(join(folder, name));
  const [hostKey, key] = [join(folder, 'host'), join(folder, 'user')];
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${key}.pub`), { mode: 0o600 });
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `PidFile ${join(folder, 'pid')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
  ];
  writeFileSync(join(folder, 'config'), `${lines.join('\n')}\n`);
  // Only root's sshd asks for it; a package makes it where a service manager starts sshd.
  if (process.getuid?.() === 0 && !existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 });
  const program = findProgram('sshd') ?? 'sshd';
  const server = await running(spawn(program, ['-D', '-e', '-f', join(folder, 'config')], { stdio: 'ignore' }), port);
  const [type, data] = readFileSync(`${hostKey}.pub`, 'utf8').split(' ');
  return { ...server, user: userInfo().username, key, knownHost: `[127.0.0.1]:${port} ${type} ${data}\n` };
}

/** Makes an ssh key without a passphrase. */
export function sshKey(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
}

export async function running(child: ChildProcess, port: number): Promise<Server> {
  let ended = false;
  child.on('exit', () => {
    ended = true;
  });
  let answers = false;
  const probe = async (): Promise<void> => {
    answers = await connects(port);
  };
  await until(`a server answers at port ${port}`, () => {
    if (ended) throw new Error(`the server for port ${port} has ended: ${child.spawnargs.join(' ')}`);
    void probe();
    return answers;
  });
  return { port, stop: () => void child.kill() };
}

const connects = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
