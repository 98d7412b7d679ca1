import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, type Home, PROGRAM, until } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';
import { createWorld, type Machine, type World } from '../support/world.js';

let world: World;
let home: Home;
let notes: Machine;
let gone: Machine;

beforeAll(() => {
  world = createWorld('notes', 'gone');
  [notes, gone] = world.machines as [Machine, Machine];
  home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
  for (const { top } of [notes, gone]) home.autosync('install', top, '--scheduler', 'none', '--no-hooks');
  rmSync(gone.top, { recursive: true });
});
afterAll(() => world.remove());

describe.each(HARNESSES.filter(({ name }) => needs(name)))('status under $name', (vcs) => {
  let world: World<Desk>;
  let notes: Desk;
  let home: Home;

  beforeAll(() => {
    world = vcs.createWorld('notes', 'gone');
    const [first, second] = world.machines as [Desk, Desk];
    notes = first;
    home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    for (const { top } of [first, second]) home.autosync('install', top, '--scheduler', 'none', '--no-hooks');
    rmSync(second.top, { recursive: true });
  });
  afterAll(() => world.remove());

  it('begins with what needs the person, and says what to do in the line below', () => {
    const lines = home.autosync('status').out.split('\n');
    expect(lines[1]).toMatch(/gone .*blocked/);
    expect(lines[2]).toMatch(/^ {2}→ the folder is gone; .*autosync uninstall '.*gone'/);
    expect(lines[3]).toMatch(/notes .*synced/);
    expect(lines[4]).toBe('2 repositories, 1 needs you');
    expect(lines[5]).toBe('no scheduler calls autosync on this machine, as was wanted: autosync snapshot --all');
  });

  it('has the same in JSON', () => {
    const { repos } = JSON.parse(home.autosync('status', '--json').out);
    expect(repos.map(({ todo }: { todo: string | null }) => todo === null)).toEqual([false, true]);
  });

  it('says until when a repository is paused', () => {
    home.autosync('pause', notes.top, '--for', '2h');
    const [row] = JSON.parse(home.autosync('status', notes.top, '--json').out).repos;
    expect(Date.parse(row.pausedUntil) - Date.now()).toBeGreaterThan(3_600_000);
    expect(home.autosync('status', notes.top).out).toMatch(/paused .* in 1 h/);
    home.autosync('resume', notes.top);
  });

  it('bears a time in its memory that no calendar knows', () => {
    const copy = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    copy.autosync('install', notes.top, '--scheduler', 'none', '--no-hooks');
    const state = join(copy.folder, '.local', 'state', 'autosync', 'repos');
    spawnSync('sed', ['-i', 's/"lastGoodRunAt":[0-9]*/"lastGoodRunAt":1e300/', '-s', '--', ...filesIn(state)]);
    expect(copy.autosync('status')).toMatchObject({ code: 0, out: expect.stringMatching(/synced +never/) });
  });
});

const filesIn = (folder: string): readonly string[] =>
  spawnSync('find', [folder, '-type', 'f'], { encoding: 'utf8' }).stdout.trim().split('\n');

/** Runs a line of shell on a terminal of some columns. */
function onTerminal(columns: number, line: string, more: NodeJS.ProcessEnv = {}): string {
  const command = `stty cols ${columns}; ${line}`;
  const env = { ...home.env, ...more, AUTOSYNC: `${process.execPath} ${PROGRAM}` };
  return spawnSync('script', ['-qec', command, '/dev/null'], { env, encoding: 'utf8', timeout: 240_000 }).stdout;
}

describe.skipIf(!needs('script'))('on a terminal', () => {
  const RED = '\u001b[31m';
  const YELLOW = '\u001b[33m';

  it('status has colours, unless somebody objects', () => {
    expect(onTerminal(120, '$AUTOSYNC status')).toContain(`${YELLOW}blocked`);
    expect(onTerminal(120, '$AUTOSYNC status', { NO_COLOR: '1' })).not.toContain('\u001b');
    expect(onTerminal(120, '$AUTOSYNC status --no-color')).not.toContain('\u001b');
    expect(home.autosync('status').out).not.toContain('\u001b');
  });

  it('status fits a narrow one', () => {
    const [head = '', row = ''] = onTerminal(50, '$AUTOSYNC status --no-color').split('\r\n');
    expect(head).not.toContain('branch');
    expect(row.length).toBeLessThanOrEqual(50);
  });

  it('the log tells how long ago it was; in a file it tells the time', () => {
    expect(onTerminal(120, '$AUTOSYNC log --no-color')).toMatch(/^(now|\d+ (s|min) ago) .*synced/m);
    expect(home.autosync('log').out).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ .*synced/m);
    expect(onTerminal(120, '$AUTOSYNC log')).not.toContain(RED);
  });
});

describe('a log that is followed', () => {
  it('shows what is added, over a rotation, each once, and ends with Ctrl-C without a word', async () => {
    const state = join(home.folder, '.local', 'state', 'autosync');
    const log = join(state, 'log.jsonl');
    const add = (number: number): void =>
      appendFileSync(
        log,
        `${JSON.stringify({ at: new Date().toISOString(), repo: '/x', event: `event-${number}.` })}\n`,
      );
    const child = spawn(process.execPath, [PROGRAM, 'log', '--follow', '-n', '1'], { env: home.env });
    const said = { out: '', err: '' };
    child.stdout.on('data', (data) => (said.out += data));
    child.stderr.on('data', (data) => (said.err += data));
    const ended = new Promise((resolve) => child.on('exit', (_code, signal) => resolve(signal)));
    await until('the last entry is shown', () => said.out.split('\n').length === 2);
    add(1);
    await until('what was added is shown', () => said.out.includes('event-1.'));
    add(2);
    mkdirSync(state, { recursive: true });
    renameSync(log, join(state, 'log.1.jsonl'));
    add(3);
    await until('what follows a rotation is shown', () => said.out.includes('event-3.'));
    child.kill('SIGINT');
    expect(await ended).toBe('SIGINT');
    expect(said.out.match(/event-\d\./g)).toEqual(['event-1.', 'event-2.', 'event-3.']);
    expect(said.err).toBe('');
  });

  it.each(['log', 'log --follow', 'status'])('%s ends without a word when nobody reads any more', (words) => {
    const program = `timeout 120 ${process.execPath} ${PROGRAM} ${words} >&4`;
    // The reader is gone before the program starts, however quick that is.
    const line = `mkfifo answer && exec 3<>answer 4>answer 3<&- && { ${program}; echo "code $?" >&2; }`;
    const cwd = mkdtempSync(join(tmpdir(), 'unread-'));
    const { stderr } = spawnSync('sh', ['-c', line], { cwd, env: home.env, encoding: 'utf8', timeout: 240_000 });
    expect(stderr).toBe('code 0\n');
  });
});
