import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createHome, deployProgram, type Home, PROGRAM, until } from './cli.js';
import { freePort } from './free-port.js';
import { hg } from './hg-world.js';
import { needs } from './needs.js';
import { canListProcesses, processesAt, untilQuiet } from './processes.js';
import { FRONTS, type WebServer } from './web-servers.js';
import { git } from './world.js';

/** The secret of every other route of a world. */
export const SECRET = 'a secret of some length';

/** The secret of the route `signed`, which takes Standard Webhooks. */
export const STANDARD_SECRET = Buffer.from(SECRET).toString('base64');

const BODY = '{"ref":"refs/heads/main"}';

/** A machine that is rung at through a web server: a repository with its hub, and two mirrors, one with nowhere to go. */
export type WebhookWorld = {
  readonly folder: string;
  readonly home: Home;
  readonly server: WebServer;
  readonly hub: string;
  readonly notes: string;
  readonly own: (path: string) => string;
  /** Somebody else pushes a file to the hub. */
  readonly pushFromElsewhere: (file: string) => void;
  readonly stop: () => Promise<void>;
};

/** Tells whether there is all that a front needs. */
export const hasFront = (front: string): boolean =>
  needs(front) && needs('hg') && (front !== 'nginx' || needs('fcgiwrap'));

/** Only a server that is started as root changes to another user, who then must own what he works with. */
const changesUser = (front: string): boolean => front === 'apache2' && process.getuid?.() === 0;

/** Makes a world behind a front; `options` are node's, for the program that answers. */
export async function startWebhookWorld(front: string, ...options: readonly string[]): Promise<WebhookWorld> {
  // Apache's own user may not enter the folder that the tests' temporary files live in.
  const folder = mkdtempSync('/tmp/as-web-');
  chmodSync(folder, 0o755);
  const own = (path: string): string => join(folder, path);
  const home = createHome(own('home'), 'laptop');
  const [hub, notes] = [own('hub.git'), own('notes')];
  git(folder, 'init', '-q', '--bare', '-b', 'main', hub);
  git(folder, 'clone', '-q', hub, notes);
  writeFileSync(join(notes, 'README.md'), 'hello\n');
  const { code, err } = home.autosync('install', notes, '--scheduler', 'none', '--no-hooks');
  if (code !== 0) throw new Error(`install failed: ${err}`);
  writeConfiguration(home, notes);
  addMirrors(home, folder);
  const site = { folder: own('web'), home: home.folder, port: await freePort() };
  mkdirSync(site.folder);
  const program = changesUser(front) ? deployProgram(own('app')) : PROGRAM;
  const give = (path: string): void => {
    if (changesUser(front)) execFileSync('chown', ['-R', 'www-data:www-data', path]);
  };
  give(folder);
  if (changesUser(front)) git(folder, 'config', '--global', '--add', 'safe.directory', '*');
  const starter = FRONTS[front];
  if (starter === undefined) throw new Error(`no front '${front}'`);
  const server = await starter({ ...site, autosync: [process.execPath, ...options, program] });
  const pushFromElsewhere = (file: string): void => {
    const other = own(`other-${file}`);
    git(folder, '-c', 'safe.directory=*', 'clone', '-q', hub, other);
    writeFileSync(join(other, file), 'x\n');
    git(other, 'add', '.');
    git(other, '-c', 'user.name=x', '-c', 'user.email=x@example.invalid', 'commit', '-q', '-m', 'elsewhere');
    git(other, '-c', 'safe.directory=*', 'push', '-q', 'origin', 'HEAD:main');
    give(hub);
  };
  const stop = async (): Promise<void> => {
    await server.stop();
    // A run that was rung for may not be over yet, and would make the folder anew.
    const atWork = (): readonly string[] => processesAt(folder).filter((line) => / webhook\b|snapshot/.test(line));
    if (canListProcesses()) await untilQuiet('what was rung for', atWork);
    await until('nobody writes there any more', () => isGone(folder));
  };
  return { folder, home, server, hub, notes, own, pushFromElsewhere, stop };
}

/** A request, as far as it differs from a genuine push. */
export type Wanted = {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  /** Those that tell the time are made when the request is sent. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
  readonly signature?: string;
  readonly chunked?: boolean;
};

let count = 0;

/** Sends a request, signed as GitHub does unless said otherwise; returns the status and the first line. */
export function send(
  base: string,
  { method = 'POST', path = '/hook/notes', body = BODY, ...rest }: Wanted = {},
): Promise<string> {
  count += 1;
  const { headers = {}, chunked = false, signature = createHmac('sha256', SECRET).update(body).digest('hex') } = rest;
  const all = {
    ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(Buffer.byteLength(body)) }),
    ...(signature === '' ? {} : { 'x-hub-signature-256': `sha256=${signature}` }),
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': String(count),
    ...(typeof headers === 'function' ? headers() : headers),
  };
  return new Promise((settle, fail) => {
    const asked = httpRequest(
      `${base}${path}`,
      { method, headers: all, timeout: ANSWER_LIMIT_MS, agent: false },
      (answer: IncomingMessage) => {
        let text = '';
        answer.on('data', (piece) => {
          text += piece;
        });
        answer.on('end', () => settle(`${answer.statusCode} ${text.split('\n')[0]}`));
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    // A server that refuses what is too large may close before it has read it all.
    asked.on('error', fail);
    asked.end(body);
  });
}

/** A quarter of an hour: hundreds may stand before us, on a machine that has other things to do. */
const ANSWER_LIMIT_MS = 900_000;

/**
 * Sends the head of a genuine push, and of its body a byte at a time, so many in all; returns the status and the first
 * line, or that the connection was closed without an answer.
 */
export function sendSlowly(
  base: string,
  { bytes, pauseMs }: { readonly bytes: number; readonly pauseMs: number },
): Promise<string> {
  count += 1;
  const { hostname, port, pathname } = new URL(`${base}/hook/notes`);
  const signature = createHmac('sha256', SECRET).update(BODY).digest('hex');
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${hostname}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${BODY.length}`,
    'X-GitHub-Event: push',
    `X-GitHub-Delivery: ${count}`,
    `X-Hub-Signature-256: sha256=${signature}`,
  ];
  return new Promise((settle) => {
    let text = '';
    let sent = 0;
    const socket = connect(Number(port), hostname, () => socket.write(`${head.join('\r\n')}\r\n\r\n`));
    const sending = setInterval(() => {
      if (sent < bytes) socket.write(BODY.charAt(sent));
      sent += 1;
    }, pauseMs);
    socket.on('data', (piece) => {
      text += piece;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(sending);
      const [, status] = /^HTTP\/1\.[01] (\d+)/.exec(text) ?? [];
      const [, body = ''] = text.split('\r\n\r\n');
      settle(
        status === undefined ? 'closed' : `${status} ${/taken|did not come in time/.exec(body)?.[0] ?? ''}`.trim(),
      );
    });
  });
}

function isGone(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

/** Two mirrors of one repository, of which one has nowhere to go. */
function addMirrors(home: Home, folder: string): void {
  const source = join(folder, 'source');
  hg(folder, 'init', source);
  hg(source, 'commit', '-q', '-u', 'me', '-A', '--config', 'ui.allowemptycommit=true', '-m', 'first');
  git(folder, 'init', '-q', '--bare', 'git.git');
  const mirrors = join(home.folder, '.config', 'autosync', 'mirrors');
  mkdirSync(mirrors);
  for (const [name, destination] of Object.entries({ project: 'git.git', broken: 'nowhere.git' })) {
    const places = `source = "${source}"\ndestination = "${join(folder, destination)}"\n`;
    const rest = 'backend = "export"\ntriggers = ["webhook"]\ndefault-branch = "main"\n';
    writeFileSync(join(mirrors, `${name}.toml`), `${places}${rest}`);
  }
}

function writeConfiguration({ folder }: Home, notes: string): void {
  const file = join(folder, '.config/autosync/config.toml');
  const routes = {
    notes: `repo = "${notes}"`,
    'ann/fizz': `repo = "${notes}"`,
    project: 'mirror = "project"',
    'ann/mirror': 'mirror = "project"',
    'ann/broken': 'mirror = "broken"',
  };
  const tables = Object.entries(routes).map(
    ([name, target]) => `\n[webhook."${name}"]\nprovider = "github"\nsecret = "${SECRET}"\n${target}\n`,
  );
  const signed = `\n[webhook.signed]\nprovider = "standard-webhooks"\nsecret = "${STANDARD_SECRET}"\nrepo = "${notes}"\n`;
  appendFileSync(file, tables.join('') + signed);
  chmodSync(file, 0o600);
}
