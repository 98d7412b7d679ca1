import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { addRoutes, ring } from '../support/cgi.js';
import { createHome, type Home, until } from '../support/cli.js';
import { hg } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { git } from '../support/world.js';

let folder: string;
let home: Home;
let source: string;
let destination: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirror-'));
  home = createHome(join(folder, 'home'), 'laptop');
  [source, destination] = [join(folder, 'project'), join(folder, 'git.git')];
  hg(folder, 'init', source);
  git(folder, 'init', '-q', '--bare', destination);
  writeFileSync(join(source, '.hg', 'hgrc'), '[ui]\nusername = Me <me@example.invalid>');
  commit(source, 'a');
});

function commit(repository: string, name: string, ...args: readonly string[]): void {
  writeFileSync(join(repository, name), `${name}\n`);
  hg(repository, 'commit', '-q', '-A', '-m', `about ${name}`, ...args);
}

const json = (...args: readonly string[]): ReturnType<typeof JSON.parse> =>
  JSON.parse(home.autosync(...args, '--json').out);

const add = (...args: readonly string[]): ReturnType<typeof JSON.parse> =>
  json('mirror', 'add', source, destination, '--scheduler', 'none', ...args);

/** The first lines of the messages of a branch, newest first. */
const subjects = (branch = 'main'): string => git(destination, 'log', '--format=%s', branch);

describe.skipIf(!needs('hg'))('a mirror', () => {
  it('is added, listed, run and removed', () => {
    expect(add('--trigger', 'none')).toMatchObject({
      name: 'project',
      change: 'created',
      firstRun: { verdict: 'mirrored', exported: 1, lag: 0 },
    });
    expect(subjects()).toBe('about a');
    commit(source, 'b');
    expect(json('mirror', 'list').mirrors).toMatchObject([
      { name: 'project', source, destination, verdict: 'mirrored', lag: 1, lastError: null },
    ]);
    expect(home.autosync('mirror', 'list').out).toMatch(/project.* mirrored .* 1 +you/);
    expect(home.autosync('mirror', 'run', 'project', '--verify')).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /project: mirrored\n {2}mirrored {3}1 changeset\n {2}advanced {3}main\n {2}compared {3}2 revisions, 0 differ/,
      ),
    });
    expect(subjects()).toBe('about b\nabout a');
    const hgrc = readFileSync(join(source, '.hg', 'hgrc'), 'utf8');
    expect(home.autosync('mirror', 'remove', 'project')).toMatchObject({ code: 0 });
    expect(json('mirror', 'list').mirrors).toEqual([]);
    expect(readFileSync(join(source, '.hg', 'hgrc'), 'utf8')).toBe(hgrc);
    expect(existsSync(join(home.folder, '.local', 'share', 'autosync', 'mirrors', 'project'))).toBe(false);
    expect(subjects()).toBe('about b\nabout a');
  });

  it('says what is wrong, with the exit code that it is worth', () => {
    expect(home.autosync('mirror')).toMatchObject({ code: 2, err: expect.stringContaining('add, run, list, remove') });
    expect(home.autosync('mirror', 'add', folder, destination)).toMatchObject({
      code: 2,
      err: expect.stringContaining('not a Mercurial repository'),
    });
    const secret = 'https://me:secret@example.invalid/x.git';
    const { code, err } = home.autosync('mirror', 'add', source, secret);
    expect({ code, told: err.includes('secret@') }).toEqual({ code: 2, told: false });
    expect(home.autosync('mirror', 'run', 'nobody')).toMatchObject({
      code: 2,
      err: expect.stringContaining("no mirror 'nobody'"),
    });
    add('--trigger', 'none');
    git(destination, 'update-ref', 'refs/heads/main', git(destination, 'commit-tree', '-m', 'there', 'main^{tree}'));
    commit(source, 'b');
    expect(home.autosync('mirror', 'run')).toMatchObject({ code: 10, out: expect.stringContaining('left alone main') });
    expect(json('mirror', 'list').mirrors).toMatchObject([
      { verdict: 'conflict', lag: 2, lastError: expect.stringContaining('main') },
    ]);
  });

  it('is run by the schedule', async () => {
    add('--trigger', 'schedule', '--every', '1s');
    commit(source, 'b');
    let found: { readonly repos?: unknown; readonly mirrors?: readonly unknown[] } = {};
    await until('a second is over, and it is due', () => {
      found = json('snapshot', '--due');
      return found.mirrors !== undefined;
    });
    expect(found).toMatchObject({
      repos: [],
      mirrors: [{ name: 'project', verdict: 'mirrored', exported: 1 }],
    });
    expect(subjects()).toBe('about b\nabout a');
  });
});

describe.skipIf(!needs('hg'))('the hooks of a source', () => {
  it('start a run after a commit, and are taken out to the byte', async () => {
    const before = readFileSync(join(source, '.hg', 'hgrc'), 'utf8');
    add('--trigger', 'hook');
    expect(readFileSync(join(source, '.hg', 'hgrc'), 'utf8')).toMatch(/changegroup\.autosync-mirror-project = /);
    commit(source, 'b');
    await until('the commit is mirrored', () => subjects() === 'about b\nabout a');
    home.autosync('mirror', 'remove', 'project');
    expect(readFileSync(join(source, '.hg', 'hgrc'), 'utf8')).toBe(before);
  });

  it('start a run after a push to a hub that hgweb serves', async () => {
    add('--trigger', 'hook');
    const args = ['serve', '-a', '127.0.0.1', '-p', '0', '--print-url'];
    const open = ['--config', 'web.push_ssl=no', '--config', 'web.allow-push=*'];
    const server = spawn('hg', [...args, ...open], { cwd: source, stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const url = await new Promise<string>((resolve) =>
        server.stdout.once('data', (piece) => resolve(String(piece).trim())),
      );
      const clone = join(folder, 'clone');
      hg(folder, 'clone', '-q', url.replace('localhost', '127.0.0.1'), clone);
      commit(clone, 'pushed', '-u', 'me');
      hg(clone, 'push', '-q');
      await until('the push is mirrored', () => subjects() === 'about pushed\nabout a');
      await expect.poll(() => json('mirror', 'list').mirrors[0].lag, { timeout: 240_000 }).toBe(0);
    } finally {
      server.kill();
    }
  });

  it('start a run after a push by ssh', async () => {
    add('--trigger', 'hook');
    // What sshd does with the command of a client.
    const ssh = join(folder, 'ssh');
    writeFileSync(ssh, '#!/bin/sh\nwhile [ "$1" != host ]; do shift; done; shift; exec sh -c "$*"\n');
    chmodSync(ssh, 0o755);
    const clone = join(folder, 'clone');
    hg(folder, 'clone', '-q', '--config', `ui.ssh=${ssh}`, `ssh://host/${source}`, clone);
    commit(clone, 'pushed', '-u', 'me');
    hg(clone, 'push', '-q', '--config', `ui.ssh=${ssh}`);
    await until('the push is mirrored', () => subjects() === 'about pushed\nabout a');
    await expect.poll(() => json('mirror', 'list').mirrors[0].lag, { timeout: 240_000 }).toBe(0);
  });
});

describe.skipIf(!needs('hg'))('a mirror that is rung for', () => {
  it('tells how, and is run soon', async () => {
    const { out } = home.autosync('mirror', 'add', source, destination, '--scheduler', 'none', '--trigger', 'webhook');
    const [, command = ''] = /^ {4}(\(umask.*)$/m.exec(out) ?? [];
    const [, route = ''] = /^( {4}\[webhook\.project\]\n( {4}.*\n)+)/m.exec(out) ?? [];
    expect(home.autosync('mirror', 'list').out).toContain('webhook (no route yet)');
    // What is told is what works, pasted as it stands.
    expect(spawnSync('sh', ['-c', command], { env: home.env }).status).toBe(0);
    appendFileSync(join(home.folder, '.config', 'autosync', 'config.toml'), `\n${route}`);
    expect(home.autosync('mirror', 'list').out).toMatch(/ \/hook\/project$/m);
    addRoutes(home, { doorbell: 'mirror = "project"' });
    expect(json('mirror', 'list').mirrors).toMatchObject([
      { triggers: ['webhook'], routes: ['/hook/project', '/hook/doorbell'] },
    ]);
    expect(add('--trigger', 'webhook').webhook).toEqual([expect.stringContaining('/hook/project, /hook/doorbell')]);
    commit(source, 'b');
    expect(ring(home, { path: '/hook/doorbell' })).toBe('202 taken');
    await until('the commit is mirrored', () => subjects() === 'about b\nabout a');
    await until('and it is written down', () => logged().some(isRung));
  });

  it('is rung for in vain where nothing would be run, and hears so', () => {
    addRoutes(home, { gone: 'mirror = "gone"', nowhere: `repo = "${folder}/nowhere"`, idle: 'mirror = "project"' });
    add('--trigger', 'none');
    expect(ring(home, { path: '/hook/gone' })).toMatch(/^500 it failed here/);
    expect(ring(home, { path: '/hook/nowhere' })).toMatch(/^500 it failed here/);
    expect(ring(home, { path: '/hook/idle' })).toMatch(/^500 it failed here/);
    expect(logged().map(({ why }) => why)).toEqual(
      expect.arrayContaining([
        expect.stringContaining("'gone' is no mirror here"),
        expect.stringContaining("'nowhere' is not installed here"),
        expect.stringContaining('nothing would be run'),
      ]),
    );
  });

  it('by the address that selects a user and a project is run at once: 200, or 500 and the reason', () => {
    add('--trigger', 'none');
    addRoutes(home, { 'ann/fizz': 'mirror = "project"', 'ann/gone': 'mirror = "gone"' });
    commit(source, 'b');
    const path = '/synchronise/';
    expect(ring(home, { path, query: 'user=ann&project=fizz' })).toBe('200 Synchronised ann/fizz successfully.');
    expect(subjects()).toBe('about b\nabout a');
    rmSync(destination, { recursive: true });
    expect(ring(home, { path, query: 'user=ann&project=fizz' })).toMatch(
      /^500 attention: the destination is unavailable \(not-found\): .*git\.git/,
    );
    expect(ring(home, { path, query: 'user=ann&project=gone' })).toBe("500 'ann/gone' is no mirror here");
    expect(ring(home, { path, query: 'user=ann&project=bar' })).toBe('400 Unknown user or project.');
    expect(ring(home, { path, query: 'user=ann' })).toBe('400 No user and project.');
    expect(ring(home, { path, query: 'user=ann&project=fizz', body: '' })).toBe('400 No JSON payload.');
    expect(ring(home, { path, query: 'user=ann&project=fizz', body: '{' })).toBe('400 Invalid JSON payload.');
  });
});

type Logged = { readonly event?: string; readonly trigger?: string; readonly why?: string };

/** What the log has, a line of JSON for each event. */
const logged = (): readonly Logged[] =>
  home
    .autosync('log', '--json')
    .out.trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const isRung = ({ event, trigger }: Logged): boolean => event === 'mirror' && trigger === 'webhook';
