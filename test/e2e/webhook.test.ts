import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, deployProgram, type Home, PROGRAM, until } from '../support/cli.js';
import { hg } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { keepTable } from '../support/table.js';
import { FRONTS, freePort, type WebServer } from '../support/web-servers.js';
import { git } from '../support/world.js';

const SECRET = 'a secret of some length';
const BODY = '{"ref":"refs/heads/main"}';

type Wanted = {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signature?: string;
  readonly chunked?: boolean;
};

let count = 0;

/** Sends a request, signed as GitHub does unless said otherwise; returns the status and the first line. */
function send(
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
    ...headers,
  };
  return new Promise((settle, fail) => {
    const asked = httpRequest(
      `${base}${path}`,
      { method, headers: all, timeout: 60_000 },
      (answer: IncomingMessage) => {
        let text = '';
        answer.on('data', (piece) => {
          text += piece;
        });
        answer.on('end', () => settle(`${answer.statusCode} ${text.split('\n')[0]}`));
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer within a minute')));
    // A server that refuses what is too large may close before it has read it all.
    asked.on('error', fail);
    asked.end(body);
  });
}

/** The same questions to every front; what a server answers by itself has its own words. */
const QUESTIONS: readonly (readonly [string, Wanted, RegExp])[] = [
  ['a genuine push', {}, /^202 taken$/],
  ['a ping', { headers: { 'x-github-event': 'ping' } }, /^200 nothing to do for this event$/],
  ['GET', { method: 'GET', body: '' }, /^405 only POST$/],
  ['an unknown route', { path: '/hook/other' }, /^404 no such route$/],
  ['no signature', { signature: '' }, /^401 the signature is missing or wrong$/],
  ['a wrong signature', { signature: '0'.repeat(64) }, /^401 the signature is missing or wrong$/],
  ['broken JSON', { body: '{"ref":' }, /^400 Invalid JSON payload\.$/],
  ['no payload', { body: '' }, /^(400 No JSON payload\.|411 a length is required)$/],
  ['a mebibyte and one byte', { body: 'x'.repeat((1 << 20) + 1) }, /^413 /],
  ['addresses and shell characters', { body: '{"url":"ext::sh -c $(touch pwned)`touch pwned`"}' }, /^202 taken$/],
  ['an unknown pair', { path: '/synchronise/?user=ann&project=$(touch%20pwned)' }, /^400 Unknown user or project\.$/],
  ['a pair', { path: '/synchronise/?user=ann&project=fizz' }, /^200 Synchronised ann\/fizz successfully\.$/],
  ['a pair without a project', { path: '/synchronise/?user=ann' }, /^400 No user and project\.$/],
  [
    'a pair, with broken JSON',
    { path: '/synchronise/?user=ann&project=fizz', body: '{' },
    /^400 Invalid JSON payload\.$/,
  ],
  ['a mirror', { path: '/hook/project' }, /^202 taken$/],
  [
    'a pair that is a mirror, as Bitbucket used to send it',
    {
      path: '/synchronise/?user=ann&project=mirror',
      body: `payload=${encodeURIComponent('{"canon_url":"https://example.invalid","user":"ann"}')}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
    /^200 Synchronised ann\/mirror successfully\.$/,
  ],
  [
    'a pair that is a mirror which fails',
    { path: '/synchronise/?user=ann&project=broken' },
    /^500 attention: the destination is unavailable \(not-found\): /,
  ],
];

/** What each front said to each question. */
const answers = new Map<string, Map<string, string>>();

afterAll(() => {
  const fronts = [...new Set([...answers.values()].flatMap((said) => [...said.keys()]))];
  const rows = [...answers].map(([what, said]) => [what, ...fronts.map((front) => said.get(front) ?? '')]);
  keepTable('webhook-answers', ['request', ...fronts], rows);
});

describe.each(Object.keys(FRONTS))('under %s', (front) => {
  const here = needs(front) && needs('hg') && (front !== 'nginx' || needs('fcgiwrap'));
  describe.skipIf(!here)('the webhook', () => {
    let folder: string;
    let home: Home;
    let server: WebServer;
    let hub: string;
    let notes: string;
    const own = (path: string): string => join(folder, path);

    beforeAll(async () => {
      // Apache's own user may not enter the folder that the tests' temporary files live in.
      folder = mkdtempSync('/tmp/as-web-');
      chmodSync(folder, 0o755);
      home = createHome(own('home'), 'laptop');
      hub = own('hub.git');
      notes = own('notes');
      git(folder, 'init', '-q', '--bare', '-b', 'main', hub);
      git(folder, 'clone', '-q', hub, notes);
      writeFileSync(join(notes, 'README.md'), 'hello\n');
      expect(home.autosync('install', notes, '--scheduler', 'none', '--no-hooks').code).toBe(0);
      writeConfiguration(home, notes);
      addMirrors(home, folder);
      const site = { folder: own('web'), home: home.folder, port: await freePort() };
      mkdirSync(site.folder);
      server = await start(front, site);
    });

    afterAll(async () => {
      await server.stop();
      // A run that was rung for may not be over yet.
      await until('nobody writes there any more', () => isGone(folder));
    });

    /** Only a server that is started as root changes to another user, who then must own what he works with. */
    async function start(name: string, site: { folder: string; home: string; port: number }): Promise<WebServer> {
      const foreign = name === 'apache2' && process.getuid?.() === 0;
      const program = foreign ? deployProgram(own('app')) : PROGRAM;
      const starter = FRONTS[name] ?? expect.fail(`no front '${name}'`);
      if (foreign) {
        execFileSync('chown', ['-R', 'www-data:www-data', folder]);
        git(folder, 'config', '--global', '--add', 'safe.directory', '*');
      }
      return await starter({ ...site, autosync: [process.execPath, program] });
    }

    it.each(QUESTIONS)('answers %s', async (what, wanted, answer) => {
      const said = await send(server.url, wanted);
      answers.set(what, (answers.get(what) ?? new Map()).set(front, said));
      expect(said).toMatch(answer);
      expect(existsSync(own('web/pwned')) || existsSync(join(notes, 'pwned'))).toBe(false);
    });

    it('refuses a body whose length nobody knows, unless the server has found it out', async () => {
      expect(await send(server.url, { chunked: true })).toMatch(/^(202 taken|411 .*)$/);
    });

    it('takes the same delivery once', async () => {
      const headers = { 'x-github-delivery': 'the same' };
      const answers = [await send(server.url, { headers }), await send(server.url, { headers })];
      expect(answers).toEqual(['202 taken', '409 this delivery was taken before']);
    });

    it('has the hub hear of a change', async () => {
      const other = own(`other-${front}`);
      git(folder, '-c', 'safe.directory=*', 'clone', '-q', hub, other);
      writeFileSync(join(other, 'from-elsewhere.md'), 'x\n');
      git(other, 'add', '.');
      git(other, '-c', 'user.name=x', '-c', 'user.email=x@example.invalid', 'commit', '-q', '-m', 'elsewhere');
      git(other, '-c', 'safe.directory=*', 'push', '-q', 'origin', 'HEAD:main');
      if (process.getuid?.() === 0 && front === 'apache2') execFileSync('chown', ['-R', 'www-data:www-data', hub]);
      expect(await send(server.url)).toBe('202 taken');
      await until('the change arrives', () => existsSync(join(notes, 'from-elsewhere.md')));
    });

    it('answers many at the same time', async () => {
      const many = Array.from({ length: 20 }, (_, n) => send(server.url, n % 2 === 0 ? {} : { signature: '' }));
      const answers = await Promise.all(many);
      expect(new Set(answers)).toEqual(new Set(['202 taken', '401 the signature is missing or wrong']));
    });

    it('writes a line for each, without the secret', () => {
      const log = readFileSync(join(home.folder, '.local/state/autosync/log.jsonl'), 'utf8');
      expect(log.match(/"event":"webhook"/g)?.length).toBeGreaterThan(QUESTIONS.length);
      expect(log).not.toContain(SECRET);
    });
  });
});

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
  appendFileSync(file, tables.join(''));
  chmodSync(file, 0o600);
}
