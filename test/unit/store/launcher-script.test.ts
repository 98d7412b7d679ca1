import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { asAbsolute } from '../../../src/model/paths.js';
import { readSpool } from '../../../src/store/spool.js';
import {
  backgroundAnswer,
  type Called,
  callLauncher,
  type LauncherWorkshop,
  launcherWorkshop,
  signOfLife,
  type WorkshopOptions,
} from '../../support/launcher-workshop.js';
import { needs } from '../../support/needs.js';

const QUIET: Called = { status: 0, printed: '' };

/** Makes a program that says it is a node of some version, and is one. */
function fakeNode(path: string, version: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const script = `#!/bin/sh\n[ "$1" != --version ] || { echo ${version}; exit; }\nNODE_IS=${version} exec '${process.execPath}' "$@"\n`;
  writeFileSync(path, script, { mode: 0o755 });
}

const requests = (workshop: LauncherWorkshop): readonly (readonly [string, string])[] =>
  readSpool(workshop.spool).map(({ event, path }) => [event, path]);

/** Looks whether a call that is over has left nothing and started nothing. */
function expectNothingDone(workshop: LauncherWorkshop): void {
  expect(requests(workshop)).toEqual([]);
  expect(workshop.answers()).toEqual([]);
}

/** Has a socket at a path for as long as the test runs. */
async function listen(path: string): Promise<void> {
  const server = createServer().listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
}

describe.each([['dash'], ['bash', '--posix'], ['busybox', 'sh']])('the launcher under %s', (program, ...options) => {
  const there = needs(program);
  const shell = [
    spawnSync('/bin/sh', ['-c', `command -v ${program}`])
      .stdout.toString()
      .trim(),
    ...options,
  ];

  it.skipIf(!there)('runs autosync for a caller that has no HOME and no PATH, and prints nothing', () => {
    const workshop = launcherWorkshop();
    expect(callLauncher(workshop, ['snapshot', '--due', 'a  b', ''], { shell })).toEqual(QUIET);
    const [answer] = workshop.answers();
    expect(answer).toMatchObject({ args: ['snapshot', '--due', 'a  b', ''], stdin: '', cwd: '/', umask: 0o022 });
    expect(answer?.env['HOME']).toBe(workshop.record.home);
    expect(readFileSync(workshop.log, 'utf8')).toBe('this is what autosync says\n');
  });

  it.skipIf(!there)('returns the exit code of autosync', () => {
    expect(callLauncher(launcherWorkshop(), ['exit', '10'], { shell })).toEqual({ status: 10, printed: '' });
  });

  it.skipIf(!there)('leaves a request for a hook and has the spool worked off', async () => {
    const workshop = launcherWorkshop();
    expect(callLauncher(workshop, ['hook', 'post-commit'], { shell })).toEqual(QUIET);
    expect(await backgroundAnswer(workshop)).toMatchObject({ args: ['snapshot', '--spool'], stdin: '', cwd: '/' });
    expect(requests(workshop)).toEqual([['post-commit', workshop.repository]]);
  });
});

describe('a hook that calls the launcher', () => {
  it('gets its streams back at once, while autosync still runs', async () => {
    const workshop = launcherWorkshop();
    workshop.stay();
    expect(callLauncher(workshop, ['hook', 'post-commit'])).toEqual(QUIET);
    const { pid } = await backgroundAnswer(workshop);
    await signOfLife(workshop, pid);
  });

  it('gets back every other open file too, such as the one that holds its lock', async () => {
    const workshop = launcherWorkshop();
    workshop.stay();
    const hook = spawn(workshop.launcher, ['hook', 'post-commit'], {
      cwd: workshop.repository,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const lock = hook.stdio[3];
    if (lock === null || lock === undefined) throw new Error('no pipe');
    lock.on('data', () => {});
    await once(lock, 'end');
    await signOfLife(workshop, (await backgroundAnswer(workshop)).pid);
  });

  it.each([
    ['setsid', (text: string) => text],
    ['perl, where there is no setsid', (text: string) => text.replace('command -v setsid', 'command -v no-setsid')],
  ])('may lose its terminal: autosync runs on, by %s', async (_by, change) => {
    const workshop = launcherWorkshop({ change });
    workshop.stay();
    const script = '"$0" hook post-commit; until [ -e "$1"/answer-* ]; do sleep 0.1; done; exec sleep 600';
    const terminal = spawn('/bin/sh', ['-c', script, workshop.launcher, dirname(workshop.record.entry)], {
      cwd: workshop.repository,
      detached: true,
      stdio: 'ignore',
    });
    const { pid } = await backgroundAnswer(workshop);
    process.kill(-(terminal.pid ?? 0), 'SIGHUP');
    await once(terminal, 'exit');
    await signOfLife(workshop, pid);
  });

  it('may lose its terminal before autosync runs', async () => {
    const untilGitIsDone = 'touch ../waits; until [ ! -e .git/MERGE_HEAD ]; do sleep 0.05; done';
    const workshop = launcherWorkshop({ change: (text) => text.replace('sleep "$pause"', untilGitIsDone) });
    writeFileSync(join(workshop.repository, '.git', 'MERGE_HEAD'), '');
    const terminal = spawn('/bin/sh', ['-c', '"$0" hook post-merge; exec sleep 600', workshop.launcher], {
      cwd: workshop.repository,
      detached: true,
      stdio: 'ignore',
    });
    await expect.poll(() => existsSync(join(workshop.record.home, 'waits')), { timeout: 40_000 }).toBe(true);
    process.kill(-(terminal.pid ?? 0), 'SIGHUP');
    await once(terminal, 'exit');
    rmSync(join(workshop.repository, '.git', 'MERGE_HEAD'));
    await backgroundAnswer(workshop);
    expect(requests(workshop)).toEqual([['post-merge', workshop.repository]]);
  });

  it('is not heard while autosync itself is at work', () => {
    const workshop = launcherWorkshop();
    const env = { AUTOSYNC_RUNNING: '1' };
    expect(callLauncher(workshop, ['hook', 'post-commit'], { env, untilAllIsOver: true })).toEqual(QUIET);
    expectNothingDone(workshop);
  });

  it.each(['', '../x', 'post commit', 'a\nb'])('is not heard with the event %j', (event) => {
    const workshop = launcherWorkshop();
    expect(callLauncher(workshop, ['hook', event], { untilAllIsOver: true })).toEqual(QUIET);
    expectNothingDone(workshop);
  });

  it('is not heard when it names no event', () => {
    const workshop = launcherWorkshop();
    expect(callLauncher(workshop, ['hook'], { untilAllIsOver: true })).toEqual(QUIET);
    expectNothingDone(workshop);
  });

  it('leaves a request for each of many calls at the same time', async () => {
    const workshop = launcherWorkshop();
    const calls = Array.from({ length: 10 }, () =>
      spawn(workshop.launcher, ['hook', 'post-merge'], { cwd: workshop.repository, stdio: 'ignore' }),
    );
    await Promise.all(calls.map((call) => once(call, 'exit')));
    await expect.poll(() => workshop.answers().length, { timeout: 40_000 }).toBe(10);
    expect(requests(workshop)).toEqual(Array(10).fill(['post-merge', workshop.repository]));
  });

  it('names the folder without links, whatever way led to it', () => {
    const workshop = launcherWorkshop();
    const detour = join(workshop.record.home, 'detour');
    symlinkSync(workshop.repository, detour);
    callLauncher(workshop, ['hook', 'post-commit'], { cwd: detour, env: { PWD: detour }, untilAllIsOver: true });
    expect(requests(workshop)).toEqual([['post-commit', workshop.repository]]);
  });

  it('names a folder that ends in a newline', () => {
    const workshop = launcherWorkshop();
    const cwd = `${workshop.repository}/x\n`;
    mkdirSync(cwd);
    callLauncher(workshop, ['hook', 'post-commit'], { cwd, untilAllIsOver: true });
    expect(requests(workshop)).toEqual([['post-commit', cwd]]);
  });

  it('keeps its requests and its log from other users', () => {
    const workshop = launcherWorkshop();
    callLauncher(workshop, ['hook', 'post-commit'], { untilAllIsOver: true });
    const [request = ''] = readdirSync(workshop.spool);
    const paths = [workshop.record.state, workshop.spool, join(workshop.spool, request), workshop.log];
    expect(paths.map((path) => (statSync(path).mode & 0o777).toString(8))).toEqual(['700', '700', '600', '600']);
  });

  it('is quiet where nothing can be written', () => {
    const workshop = launcherWorkshop({ record: () => ({ state: asAbsolute('/dev/null/state') }) });
    expect(callLauncher(workshop, ['hook', 'post-commit'], { untilAllIsOver: true })).toEqual(QUIET);
    expect(workshop.answers()).toEqual([]);
    expect(callLauncher(workshop, ['exit', '3'])).toEqual({ status: 3, printed: '' });
  });
});

type InState = WorkshopOptions & { readonly content?: string };

describe('a hook in the middle of something', () => {
  const inState = (state: string, { content = '', ...options }: InState = {}): LauncherWorkshop => {
    const workshop = launcherWorkshop(options);
    const path = join(workshop.repository, '.git', state);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return workshop;
  };

  it.each(['rebase-merge/done', 'rebase-apply/next', 'BISECT_LOG'])('is not heard: %s', (state) => {
    const workshop = inState(state);
    expect(callLauncher(workshop, ['hook', 'post-commit'], { untilAllIsOver: true })).toEqual(QUIET);
    expectNothingDone(workshop);
  });

  it('is not heard: more than one pick to come', () => {
    const workshop = inState('sequencer/todo', { content: 'pick 1\npick 2\n' });
    expect(callLauncher(workshop, ['hook', 'post-commit'], { untilAllIsOver: true })).toEqual(QUIET);
    expectNothingDone(workshop);
  });

  it.each([
    ['post-commit', 'sequencer', 'todo'],
    ['post-commit', 'sequencer', 'head'],
    ['post-rewrite', 'rebase-merge', 'done'],
    ['post-rewrite', 'rebase-apply', 'next'],
    ['post-merge', 'MERGE_HEAD', ''],
  ])('is heard as soon as git is done: %s, %s', (event, state, file) => {
    const endMeanwhile = (text: string): string => text.replace('sleep "$pause"', `rm -r "$metadata/${state}"`);
    const workshop = inState(join(state, file), { content: 'the last one\n', change: endMeanwhile });
    expect(callLauncher(workshop, ['hook', event], { untilAllIsOver: true })).toEqual(QUIET);
    expect(requests(workshop)).toEqual([[event, workshop.repository]]);
  });

  it('is not heard when git is not done for long', () => {
    const workshop = inState('rebase-merge/done', { change: (text) => text.replace('sleep "$pause"', 'true') });
    expect(callLauncher(workshop, ['hook', 'post-rewrite'], { untilAllIsOver: true })).toEqual(QUIET);
    expectNothingDone(workshop);
  });

  it.each(['rebasestate', 'histedit-state', 'updatestate'])('is not heard while hg is at it: %s', (state) => {
    const workshop = inState(`../.hg/${state}`, { change: (text) => text.replaceAll('sleep "$pause"', 'true') });
    expect(callLauncher(workshop, ['hook', 'commit'], { untilAllIsOver: true })).toEqual(QUIET);
    expectNothingDone(workshop);
  });

  it('is heard as soon as hg is done', () => {
    const endMeanwhile = (text: string): string => text.replaceAll('sleep "$pause"', 'rm "$metadata/rebasestate"');
    const workshop = inState('../.hg/rebasestate', { change: endMeanwhile });
    expect(callLauncher(workshop, ['hook', 'commit'], { untilAllIsOver: true })).toEqual(QUIET);
    expect(requests(workshop)).toEqual([['commit', workshop.repository]]);
  });

  it('is looked for where GIT_DIR says', () => {
    const workshop = inState('elsewhere/rebase-merge/done');
    const env = { GIT_DIR: join(workshop.repository, '.git', 'elsewhere') };
    expect(callLauncher(workshop, ['hook', 'post-commit'], { env, untilAllIsOver: true })).toEqual(QUIET);
    expectNothingDone(workshop);
  });

  it('is looked for where a linked work tree has its own', () => {
    const workshop = inState('worktrees/b/rebase-merge/done');
    const cwd = join(workshop.record.home, 'b');
    mkdirSync(cwd);
    writeFileSync(join(cwd, '.git'), 'gitdir: ../repository/.git/worktrees/b\n');
    expect(callLauncher(workshop, ['hook', 'post-commit'], { cwd, untilAllIsOver: true })).toEqual(QUIET);
    expectNothingDone(workshop);
  });
});

describe('what autosync gets from the launcher', () => {
  it('has the folders of the installation, and none of the caller', () => {
    const workshop = launcherWorkshop({ record: (home) => ({ stateHome: `${home}/own state` }) });
    const env = { HOME: '/elsewhere', XDG_CONFIG_HOME: '/snap/config', XDG_STATE_HOME: '/snap/state' };
    callLauncher(workshop, ['x'], { env });
    const given = workshop.answers()[0]?.env;
    expect([given?.['HOME'], given?.['XDG_CONFIG_HOME'], given?.['XDG_STATE_HOME']]).toEqual([
      workshop.record.home,
      undefined,
      `${workshop.record.home}/own state`,
    ]);
  });

  it("has the caller's home when the one of the installation is gone", () => {
    const workshop = launcherWorkshop({ record: () => ({ home: asAbsolute('/gone') }) });
    callLauncher(workshop, ['x'], { env: { HOME: '/elsewhere' } });
    expect(workshop.answers()[0]?.env['HOME']).toBe('/elsewhere');
  });

  it('has a PATH with node first, then the system, then what the installation had', () => {
    const workshop = launcherWorkshop({ record: (home) => ({ path: `/opt/homebrew/bin:${home}/bin` }) });
    callLauncher(workshop, ['x'], { env: { PATH: '/elsewhere' } });
    const { home } = workshop.record;
    expect(workshop.answers()[0]?.env['PATH']).toBe(
      `${home}/program:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/opt/homebrew/bin:${home}/bin`,
    );
  });

  it('has the umask of the installation', () => {
    const workshop = launcherWorkshop({ record: () => ({ umask: 0o007 }) });
    callLauncher(workshop, ['x']);
    expect(workshop.answers()[0]?.umask).toBe(0o007);
  });

  it('knows nothing of the repository whose hook has called', () => {
    const workshop = launcherWorkshop();
    const foreign = {
      GIT_DIR: '/r/.git',
      GIT_INDEX_FILE: '.git/index',
      GIT_AUTHOR_DATE: '@1 +0000',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.pager',
      GIT_CONFIG_VALUE_0: 'two\nGIT_SSH=lines',
      GIT_CONFIG_PARAMETERS: "'a.b=c'",
      NODE_OPTIONS: '--require ./bootloader.js',
      NODE_PATH: '/r/node_modules',
    };
    const lasting = { GIT_SSH_COMMAND: 'ssh -i key', GIT_CONFIG_GLOBAL: '/g', GIT_SSL_CAINFO: '/ca' };
    expect(callLauncher(workshop, ['x'], { env: { ...foreign, ...lasting } })).toEqual(QUIET);
    const given = Object.entries(workshop.answers()[0]?.env ?? {});
    expect(Object.fromEntries(given.filter(([name]) => /^(GIT_|NODE_)/.test(name)))).toEqual(lasting);
  });

  it('has the session bus of a desktop that cron knows nothing of', async () => {
    const run = mkdtempSync(join(tmpdir(), 'r'));
    const folder = join(run, String(process.getuid?.()));
    mkdirSync(folder);
    await listen(join(folder, 'bus'));
    const workshop = launcherWorkshop({ change: (text) => text.replace('/run/user/', `${run}/`) });
    callLauncher(workshop, ['cron']);
    callLauncher(workshop, ['desktop'], { env: { XDG_RUNTIME_DIR: '/own' } });
    const given = workshop
      .answers()
      .map(({ args, env }) => [args[0], env['XDG_RUNTIME_DIR'], env['DBUS_SESSION_BUS_ADDRESS']]);
    expect(given.sort()).toEqual([
      ['cron', folder, `unix:path=${folder}/bus`],
      ['desktop', '/own', undefined],
    ]);
  });

  it('has the ssh agent of the installation while it is there, unless the caller has another', async () => {
    const sshAuthSock = join(mkdtempSync(join(tmpdir(), 's')), 'agent');
    const workshop = launcherWorkshop({ record: () => ({ sshAuthSock }) });
    callLauncher(workshop, ['none']);
    writeFileSync(sshAuthSock, 'no socket');
    callLauncher(workshop, ['a file']);
    rmSync(sshAuthSock);
    await listen(sshAuthSock);
    callLauncher(workshop, ['a socket']);
    callLauncher(workshop, ['its own'], { env: { SSH_AUTH_SOCK: '/own' } });
    const given = workshop.answers().map(({ args, env }) => [args[0], env['SSH_AUTH_SOCK']]);
    expect(given.sort()).toEqual([
      ['a file', undefined],
      ['a socket', sshAuthSock],
      ['its own', '/own'],
      ['none', undefined],
    ]);
  });

  it('arrives from a home of any name', () => {
    const name = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .filter((text) => !/[/\0]/.test(text) && !['.', '..'].includes(text));
    fc.assert(
      fc.property(name, (home) => {
        const workshop = launcherWorkshop({ name: home });
        expect(callLauncher(workshop, ['x'])).toEqual(QUIET);
        expect(workshop.answers()[0]?.env['HOME']).toBe(workshop.record.home);
      }),
      { numRuns: 15 },
    );
  });
});

describe('the node that the launcher finds', () => {
  const nodeIs = (workshop: LauncherWorkshop): string | undefined => workshop.answers()[0]?.env['NODE_IS'];

  it('is the one with a lasting name, before the very one of the installation', () => {
    const workshop = launcherWorkshop({ record: (home) => ({ stableNode: `${home}/stable/node` }) });
    fakeNode(workshop.record.stableNode, 'v22.1.0');
    callLauncher(workshop, ['x']);
    expect(nodeIs(workshop)).toBe('v22.1.0');
  });

  it('is the very one of the installation when the lasting name now is an old one', () => {
    const workshop = launcherWorkshop({ record: (home) => ({ stableNode: `${home}/stable/node` }) });
    fakeNode(workshop.record.stableNode, 'v18.20.0');
    callLauncher(workshop, ['x']);
    expect(workshop.answers()[0]?.env['PATH']).toMatch(/program:/);
    expect(nodeIs(workshop)).toBeUndefined();
  });

  it.each([
    '.volta/bin/node',
    '.asdf/shims/node',
    '.local/share/mise/shims/node',
    '.local/share/fnm/aliases/default/bin/node',
    'Library/Application Support/fnm/aliases/default/bin/node',
  ])('is that of a version manager when the recorded one is gone: %s', (path) => {
    const workshop = launcherWorkshop({ record: () => ({ node: asAbsolute('/gone/node') }) });
    fakeNode(join(workshop.record.home, path), 'v20.19.0');
    expect(callLauncher(workshop, ['x'])).toEqual(QUIET);
    expect(nodeIs(workshop)).toBe('v20.19.0');
  });

  it('is the newest that nvm has, by number and not by letter', () => {
    const workshop = launcherWorkshop({ record: () => ({ node: asAbsolute('/gone/node') }) });
    for (const version of ['v9.11.2', 'v18.20.0', 'v20.9.0', 'v20.19.1', 'v20.2.10']) {
      fakeNode(join(workshop.record.home, '.nvm/versions/node', version, 'bin/node'), version);
    }
    callLauncher(workshop, ['x']);
    expect(nodeIs(workshop)).toBe('v20.19.1');
  });

  it('is one on the PATH of the installation at last', () => {
    const workshop = launcherWorkshop({
      record: (home) => ({ node: asAbsolute('/gone/node'), path: `${home}/bin` }),
      // This machine may well have a node that would be found before.
      change: (text) => text.replaceAll(/\/usr(\/local)?\/bin|(?<==|:)\/s?bin/g, '/gone'),
    });
    fakeNode(join(workshop.record.home, 'bin/node'), 'v24.0.0');
    callLauncher(workshop, ['x']);
    expect(nodeIs(workshop)).toBe('v24.0.0');
  });

  it('is missed quietly, with a line in the log', () => {
    const workshop = launcherWorkshop({ change: (text) => text.replace('v[2-9][0-9].*', 'none') });
    expect(callLauncher(workshop, ['x'])).toEqual(QUIET);
    expect(workshop.answers()).toEqual([]);
    expect(readFileSync(workshop.log, 'utf8')).toMatch(/^\S+Z found no Node\.js of version 20 or newer\n$/);
  });
});

describe('the log of the launcher', () => {
  it('says that autosync was removed, and the caller hears nothing of it', () => {
    const workshop = launcherWorkshop();
    rmSync(workshop.record.entry);
    expect(callLauncher(workshop, ['snapshot', '--due'])).toEqual(QUIET);
    expect(readFileSync(workshop.log, 'utf8')).toContain(` autosync is no longer at '${workshop.record.entry}'\n`);
  });

  it('has an end', () => {
    const workshop = launcherWorkshop();
    mkdirSync(dirname(workshop.log));
    writeFileSync(workshop.log, 'x'.repeat(1_000_001));
    writeFileSync(`${workshop.log}.1`, 'older');
    callLauncher(workshop, ['x']);
    expect(statSync(`${workshop.log}.1`).size).toBe(1_000_001);
    expect(readFileSync(workshop.log, 'utf8')).toBe('this is what autosync says\n');
  });
});
