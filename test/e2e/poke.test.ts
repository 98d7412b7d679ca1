import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, type Home, PROGRAM, until } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { canListProcesses, processesAt, untilQuiet } from '../support/processes.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/editors.md', import.meta.url)), 'utf8');

/** Returns the lines that the page has for an editor. */
const linesFor = (language: string): string => new RegExp(`\`\`\`${language}\n([^\`]+)\`\`\``).exec(PAGE)?.[1] ?? '';

describe.each(HARNESSES.filter(({ name }) => needs(name)))('poke, with $name', (vcs) => {
  let world: World<Desk>;
  let home: Home;
  let machine: Desk;

  beforeAll(() => {
    world = vcs.createWorld('my laptop');
    const folder = mkdtempSync(join(tmpdir(), 'home-'));
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'autosync'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
    chmodSync(join(bin, 'autosync'), 0o755);
    home = createHome(folder, 'laptop', `${bin}${delimiter}${process.env['PATH']}`);
    const [first] = world.machines;
    if (first === undefined) throw new Error('no machine');
    machine = first;
    home.autosync('install', machine.top, '--scheduler', 'none', '--no-hooks');
    home.autosync('config', machine.top, 'settle', '0s');
  });

  afterAll(async () => {
    await untilNobodyRuns();
    world.remove();
  });

  /** What is at the hub is there a moment before the run that brought it ends, and that run may not be the last one. */
  const untilNobodyRuns = (): Promise<void> =>
    untilQuiet('every run', () => [
      ...[join(machine.top, `.${vcs.name}`, 'autosync', 'lock')].filter((path) => existsSync(path)),
      ...readdirSync(join(home.folder, '.local/state/autosync/spool')),
      ...(canListProcesses() ? processesAt(home.folder) : []),
    ]);

  const isAtHub = (name: string): boolean => machine.committed().includes(name) && machine.head() === world.hubHead();

  const requests = (): readonly string[] =>
    readdirSync(join(home.folder, '.local/state/autosync/spool')).filter((name) => name.endsWith('.request'));

  it('makes the repository around a path run, and answers before that', async () => {
    const name = "it's a note.md";
    machine.write(name, 'x\n');
    expect(home.autosync('poke', join(machine.top, name))).toEqual({ code: 0, out: '', err: '' });
    await until('the note at the hub', () => isAtHub(name));
    expect(machine.status()).toBe('');
  });

  it('takes a path that is gone again, and one from the working folder', async () => {
    machine.remove("it's a note.md");
    machine.write('deep/er.md', 'x\n');
    expect(home.autosyncIn(machine.top, 'poke', "it's a note.md", 'deep/er.md').code).toBe(0);
    await until('the removal at the hub', () => isAtHub('deep/er.md'));
    expect(machine.committed()).not.toContain("it's a note.md");
  });

  it('passes over what is saved inside the metadata', () => {
    const message = join(machine.top, `.${vcs.name}`, 'COMMIT_EDITMSG');
    // The run before may have taken the last change along before its request was taken: that one may still wait.
    const waiting = new Set(requests());
    expect(home.autosync('poke', message)).toEqual({ code: 0, out: '', err: '' });
    expect(requests().filter((name) => !waiting.has(name))).toEqual([]);
  });

  it('has one quiet word and exit code 0 where nothing is installed, or settings are wrong', () => {
    const elsewhere = home.autosync('poke', join(home.folder, 'letter.md'));
    expect(elsewhere).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringMatching(/^autosync: '.*letter\.md' is in no/),
    });
    expect(elsewhere.err.trim().split('\n')).toHaveLength(1);
    const config = join(home.folder, '.config/autosync/config.toml');
    const before = readFileSync(config, 'utf8');
    writeFileSync(config, 'conflikt = 1\n');
    const wrong = home.autosync('poke', join(machine.top, 'x.md'));
    writeFileSync(config, before);
    expect(wrong).toMatchObject({ code: 0, out: '', err: expect.stringContaining("unknown key 'conflikt'") });
  });

  it('leaves its request for the next run where the launcher has gone', async () => {
    // A run that was asked for before looks into the spool once more when it ends, and would take the request at once.
    await untilNobodyRuns();
    const launcher = join(home.folder, '.local/share/autosync/run');
    const before = readFileSync(launcher);
    rmSync(launcher);
    const waiting = new Set(requests());
    expect(home.autosync('poke', machine.top)).toEqual({ code: 0, out: '', err: '' });
    expect(requests().filter((name) => !waiting.has(name))).toHaveLength(1);
    writeFileSync(launcher, before, { mode: 0o700 });
    home.autosync('snapshot', '--spool');
    await expect.poll(requests, { timeout: 240_000 }).toEqual([]);
  });

  it.skipIf(!needs('vim'))('is called by Vim after a save, with the line of the page', async () => {
    const rc = join(home.folder, 'vimrc');
    writeFileSync(rc, linesFor('vim'));
    const args = ['-N', '-u', rc, '-i', 'NONE', '-es', '-c', 'normal ihello', '-c', 'wq', "vim's $(file).md"];
    spawnSync('vim', args, { cwd: machine.top, env: home.env, timeout: 240_000 });
    await until('what Vim saved at the hub', () => isAtHub("vim's $(file).md"));
    expect(machine.read("vim's $(file).md")).toBe('hello\n');
  });

  it.skipIf(!needs('emacs'))('is called by Emacs after a save, with the line of the page', async () => {
    const init = join(home.folder, 'init.el');
    writeFileSync(init, linesFor('elisp'));
    const deeds = '(progn (find-file "emacs file.md") (insert "hello\\n") (save-buffer))';
    spawnSync('emacs', ['--batch', '-Q', '-l', init, '--eval', deeds], {
      cwd: machine.top,
      env: home.env,
      timeout: 240_000,
    });
    await until('what Emacs saved at the hub', () => isAtHub('emacs file.md'));
    expect(machine.read('emacs file.md')).toBe('hello\n');
  });
});
