import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
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
      expect(json('mirror', 'list').mirrors).toMatchObject([{ lag: 0 }]);
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
    expect(json('mirror', 'list').mirrors).toMatchObject([{ lag: 0 }]);
  });
});
