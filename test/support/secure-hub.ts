import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findProgram } from '../../scripts/steps/programs.js';
import { until } from './cli.js';
import { freePort } from './free-port.js';

/** A server that a test must end. */
export type Serving = { readonly port: number; readonly close: () => Promise<void> };

/** Starts a TLS server whose certificate, its own issuer, is valid between two dates (`YYYYMMDDHHMMSSZ`). */
export async function serveTls(
  folder: string,
  [from, until_]: readonly [string, string],
  listener: RequestListener,
): Promise<Serving & { readonly certificate: string }> {
  mkdirSync(folder, { recursive: true });
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('index'), '');
  writeFileSync(
    at('ca.cnf'),
    `[ca]\ndefault_ca=own\n[own]\nnew_certs_dir=${folder}\ndatabase=${at('index')}\nrand_serial=yes\ndefault_md=sha256\npolicy=any\nx509_extensions=names\n[any]\ncommonName=supplied\n[names]\nsubjectAltName=IP:127.0.0.1\n`,
  );
  const request = ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', at('key'), '-subj', '/CN=127.0.0.1'];
  execFileSync('openssl', [...request, '-out', at('request')], { stdio: 'pipe' });
  const sign = ['ca', '-batch', '-selfsign', '-config', at('ca.cnf'), '-keyfile', at('key'), '-in', at('request')];
  const dates = ['-startdate', from, '-enddate', until_];
  execFileSync('openssl', [...sign, ...dates, '-notext', '-out', at('certificate')], { stdio: 'pipe' });
  const options = { key: readFileSync(at('key')), cert: readFileSync(at('certificate')) };
  const server = createHttpsServer(options, listener);
  return { ...(await listening(server)), certificate: at('certificate') };
}

/** Lets a server listen on a free port of this machine alone. */
export async function listening(server: Server): Promise<Serving> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, close: () => new Promise((resolve) => void server.close(() => resolve())) };
}

/** A private sshd, and the files that a client needs. */
export type SshHub = Serving & {
  readonly url: (path: string) => string;
  readonly command: (hosts: string) => string;
  readonly hostKey: string;
};

/** Starts an sshd of our own on a free port, which lets us in with a key of our own. */
export async function serveSsh(folder: string, user: string): Promise<SshHub> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const at = (name: string): string => join(folder, name);
  for (const name of ['host', 'person']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', at(name)]);
  }
  writeFileSync(at('authorized'), readFileSync(at('person.pub')), { mode: 0o600 });
  const port = await freePort();
  const config = `Port ${port}\nListenAddress 127.0.0.1\nHostKey ${at('host')}\nAuthorizedKeysFile ${at('authorized')}\nPidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n`;
  writeFileSync(at('sshd_config'), config);
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const child = spawn(findProgram('sshd') ?? 'sshd', ['-D', '-e', '-f', at('sshd_config')], { stdio: 'ignore' });
  let up = false;
  await until('sshd listens', () => {
    const socket = connect(port, '127.0.0.1', () => {
      up = true;
      socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    return up;
  });
  const key = readFileSync(at('host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  return {
    port,
    hostKey: `[127.0.0.1]:${port} ${key}\n`,
    url: (path) => `ssh://${user}@127.0.0.1:${port}${path}`,
    command: (hosts) =>
      `ssh -F none -i ${at('person')} -oIdentitiesOnly=yes -oUserKnownHostsFile=${hosts} -oGlobalKnownHostsFile=none`,
    close: () =>
      new Promise((resolve) => {
        child.on('close', () => resolve());
        child.kill();
      }),
  };
}
