import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHome, type Ended, type Home, PROGRAM } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { copiesIn } from '../support/oracles.js';
import { openTerminal, type Terminal } from '../support/terminal.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const BOTH = 'cat "$BASE" "$LOCAL" "$REMOTE" > "$MERGED"';

/** A decision is a commit, and a look at every conflict that is left. */
const PATIENCE_MS = 240_000;

describe.each(HARNESSES.filter(({ name }) => needs(name)))('a merge tool under $name', (vcs) => {
  let world: World<Desk>;
  let home: Home;
  let here: Desk;
  let there: Desk;
  let terminal: Terminal | undefined;

  beforeEach(async () => {
    world = vcs.createWorld('laptop', 'desktop');
    [here, there] = world.machines as [Desk, Desk];
    here.write('a.md', 'BASE\n');
    await here.run();
    await there.run();
    home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    home.autosync('install', here.top, '--scheduler', 'none', '--no-hooks');
  });
  afterEach(() => {
    terminal?.end();
    terminal = undefined;
    world.remove();
  });

  const run = (...args: readonly string[]): Ended => home.autosyncIn(here.top, ...args);

  /** Makes both machines change the same files, and this one merge. */
  async function meet(...files: readonly string[]): Promise<void> {
    for (const file of files) {
      there.write(file, `THEIRS ${file}\n`);
      here.write(file, `MINE ${file}\n`);
    }
    await there.run();
    run('snapshot');
  }

  /** Writes a program of the person's, and names it as his system has it; it finds the files as git names them. */
  function setUp(name: string, body: string): void {
    const script = join(home.folder, `${name}.sh`);
    const files = ['BASE', 'LOCAL', 'REMOTE', 'MERGED'].map((name, at) => `${name}=\${${name}-$${at + 1}}`).join(' ');
    writeFileSync(script, `#!/bin/sh\n${files}\n${body}\n`, { mode: 0o755 });
    const git = `[merge]\n\ttool = ${name}\n[mergetool "${name}"]\n\tcmd = ${script}\n`;
    const hg = `[ui]\nmerge = ${name}\n[merge-tools]\n${name}.executable = ${script}\n${name}.args = $base $local $other $output\n`;
    const file = join(home.folder, vcs.name === 'git' ? '.gitconfig' : '.hgrc');
    writeFileSync(file, `${readFileSync(file, 'utf8')}${vcs.name === 'git' ? git : hg}`);
  }

  const configure = (line: string): void => {
    const file = join(home.folder, '.config', 'autosync', 'config.toml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}${line}\n`);
  };

  it('gets what both began with, mine and theirs, and what it makes travels to the others', async () => {
    setUp('mine', BOTH);
    await meet('a.md');
    const { code, out } = run('resolve', 'a.md', '--tool');
    expect(out).toContain("resolved 'a.md': it holds what was merged, both versions are in the history\n");
    expect(code).toBe(0);
    expect(here.read('a.md')).toBe('BASE\nMINE a.md\nTHEIRS a.md\n');
    expect(copiesIn(here)).toEqual([]);
    expect(run('conflicts').code).toBe(0);
    await there.run();
    expect(there.files()).toEqual(here.files());
    expect(world.hubHead()).toBe(here.head());
    // Nothing is left of what it worked on.
    expect(readdirSync(join(home.folder, '.local/state/autosync/merges'))).toEqual([]);
  });

  it.each([
    ['that fails', `${BOTH}; exit 3`, "'mine' failed with the exit code 3"],
    ['that is killed', `${BOTH}; kill -9 $$`, "'mine' was ended before it was done"],
    ['that leaves the file as it was', 'exit 0', "'mine' left the file as it was"],
    [
      'that leaves conflict markers',
      'printf "<<<<<<< x\\na\\n=======\\nb\\n>>>>>>> y\\n" > "$MERGED"',
      "'mine' left conflict markers in the file",
    ],
    ['that leaves no file', 'rm "$MERGED"', "'mine' left no file"],
  ])('%s resolves nothing, and it is said', async (_how, body, words) => {
    setUp('mine', body);
    await meet('a.md');
    const before = { files: here.files(), head: here.head() };
    const { code, err } = run('resolve', 'a.md', '--tool');
    expect(err).toContain(`'a.md' is not resolved: ${words}`);
    expect(code).toBe(1);
    expect({ files: here.files(), head: here.head() }).toEqual(before);
    const answer = JSON.parse(run('resolve', 'a.md', '--tool', '--json').out);
    expect(answer).toMatchObject({ resolved: [], unresolved: [{ path: 'a.md' }], report: null });
  });

  it('loses nothing that somebody saves meanwhile, nor what it has made itself', async () => {
    setUp('mine', `${BOTH}; echo SAVED MEANWHILE > '${here.top}/a.md'`);
    await meet('a.md');
    const { code, err } = run('resolve', 'a.md', '--tool');
    expect(err).toContain('a version of it was saved while the tool was open');
    expect(code).toBe(1);
    expect(here.read('a.md')).toBe('SAVED MEANWHILE\n');
    expect(copiesIn(here)).toHaveLength(1);
    const [, made = ''] = /what the tool made is in '([^']+)'/.exec(err) ?? [];
    expect(readFileSync(made, 'utf8')).toBe('BASE\nMINE a.md\nTHEIRS a.md\n');
  });

  it('merges what the policy left to the person, and one by one what --all names', async () => {
    setUp('mine', BOTH);
    run('config', here.top, 'conflict', 'pause');
    await meet('a.md', 'b.md');
    expect(run('resolve', 'a.md', '--tool').code).toBe(0);
    expect(here.read('a.md')).toBe('BASE\nMINE a.md\nTHEIRS a.md\n');
    expect(JSON.parse(run('conflicts', '--json').out).conflicts).toMatchObject([{ path: 'b.md', state: 'copied' }]);
    expect(run('resolve', '--all', '--tool', 'mine').code).toBe(0);
    expect(here.read('b.md')).toBe('MINE b.md\nTHEIRS b.md\n');
    expect(run('conflicts').code).toBe(0);
  });

  it("of autosync's own settings goes before, and one that is named before both", async () => {
    setUp('named', 'echo NAMED > "$MERGED"');
    configure(
      `merge-tool = ["sh", "-c", 'cat "$1" "$2" "$3" > "$4"', "x", "{base}", "{local}", "{remote}", "{merged}"]`,
    );
    await meet('a.md', 'b.md');
    expect(run('resolve', 'a.md', '--tool').code).toBe(0);
    expect(here.read('a.md')).toBe('BASE\nMINE a.md\nTHEIRS a.md\n');
    expect(run('resolve', 'b.md', '--tool', 'named').code).toBe(0);
    expect(here.read('b.md')).toBe('NAMED\n');
  });

  it('is never one that a push could have named, nor does a name become a command', async () => {
    const proof = join(home.folder, 'ran');
    const names = '$(touch ran);`touch ran`.md';
    writeFileSync(join(here.top, '.autosync.toml'), `merge-tool = ["touch", "${proof}", "{merged}"]\n`);
    here.write(
      'tools',
      vcs.name === 'git'
        ? `[merge]\n\ttool = evil\n[mergetool "evil"]\n\tcmd = touch ${proof}\n`
        : `[ui]\nmerge = evil\n[merge-tools]\nevil.executable = touch\nevil.args = ${proof}\n`,
    );
    const [config, include] =
      vcs.name === 'git' ? ['.git/config', '[include]\n\tpath = ../tools\n'] : ['.hg/hgrc', '%include ../tools\n'];
    const file = join(here.top, config);
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, `${before}\n${include}`);
    await meet('a.md', names);
    const { code, err } = run('resolve', 'a.md', '--tool');
    expect(err).toContain('a file of the working tree that a push may change');
    expect(code).toBe(1);
    writeFileSync(file, before);
    setUp('mine', 'eval "cat $BASE $LOCAL $REMOTE > $MERGED"');
    expect(run('resolve', names, '--tool').code).toBe(0);
    expect(here.read(names)).toBe(`MINE ${names}\nTHEIRS ${names}\n`);
    for (const folder of [home.folder, here.top]) expect(readdirSync(folder)).not.toContain('ran');
  });

  it('that nobody has set up is asked for', async () => {
    await meet('a.md');
    const { code, err } = home
      .with({ PATH: process.env['PATH'] ?? '', HGMERGE: ':merge' })
      .autosyncIn(here.top, 'resolve', 'a.md', '--tool');
    expect(err).toContain('no merge tool is set up');
    expect(err).toContain('merge-tool');
    expect(code).toBe(1);
  });

  describe.skipIf(!needs('tmux'))('on a terminal', () => {
    it('is asked for conflict by conflict: what is decided stays, what is skipped stays open', async () => {
      setUp('mine', 'printf "edit: " > /dev/tty; read line < /dev/tty; echo "$line" > "$MERGED"');
      await meet('a.md', 'b.md', 'c.md', 'd.md');
      terminal = openTerminal([process.execPath, PROGRAM, 'resolve'], { ...home.env, TERM: 'xterm' }, here.top);
      await terminal.shows(
        /4 to decide[\s\S]*a\.md \(content\), since[\s\S]*mine, laptop[\s\S]*theirs, desktop/,
        PATIENCE_MS,
      );
      await terminal.shows(
        /- MINE a\.md\n\s+\+ THEIRS a\.md\n\[m\]ine, \[t\]heirs, \[b\]oth, t\[o\]ol, \[s\]kip, \[q\]uit\?/,
        PATIENCE_MS,
      );
      terminal.type('x', 'Enter');
      await terminal.shows('one of the letters in brackets, please', PATIENCE_MS);
      terminal.type('m', 'Enter');
      await terminal.shows("resolved 'a.md': laptop's version has the name", PATIENCE_MS);
      await terminal.shows(/3 to decide[\s\S]*q\]uit\?$/, PATIENCE_MS);
      terminal.type('o', 'Enter');
      await terminal.shows('edit:', PATIENCE_MS);
      terminal.type('BY HAND', 'Enter');
      await terminal.shows("resolved 'b.md': it holds what was merged", PATIENCE_MS);
      await terminal.shows(/2 to decide[\s\S]*q\]uit\?$/, PATIENCE_MS);
      terminal.type('s', 'Enter');
      await terminal.shows(/1 to decide[\s\S]*q\]uit\?$/, PATIENCE_MS);
      terminal.type('q', 'Enter');
      await expect.poll(() => world.hubHead() === here.head(), { timeout: PATIENCE_MS }).toBe(true);
      expect([here.read('a.md'), here.read('b.md')]).toEqual(['MINE a.md\n', 'BY HAND\n']);
      expect(JSON.parse(run('conflicts', '--json').out).conflicts).toMatchObject([{ path: 'c.md' }, { path: 'd.md' }]);
    });

    it('is asked outside a repository about all that are installed', async () => {
      await meet('a.md');
      // Its folder has gone: it is named, and hides nothing of the others.
      home.autosync('install', there.top, '--scheduler', 'none', '--no-hooks');
      rmSync(there.top, { recursive: true });
      const listed = home.autosyncIn(home.folder, 'resolve');
      expect(listed.out).toMatch(/a\.md \(content\), since/);
      expect(listed.code).toBe(10);
      expect(JSON.parse(home.autosyncIn(home.folder, 'resolve', '--json').out)).toMatchObject({
        conflicts: [{ repo: here.top, path: 'a.md' }],
        unknown: [{ repo: there.top }],
      });
      terminal = openTerminal([process.execPath, PROGRAM, 'resolve'], { ...home.env, TERM: 'xterm' }, home.folder);
      await terminal.shows(new RegExp(`1 to decide in \\S*${basename(here.top)}\n[\\s\\S]*q\\]uit\\?$`), PATIENCE_MS);
      terminal.type('t', 'Enter');
      await terminal.shows("resolved 'a.md': desktop's version has the name", PATIENCE_MS);
      await expect.poll(() => world.hubHead() === here.head(), { timeout: PATIENCE_MS }).toBe(true);
      expect(here.read('a.md')).toBe('THEIRS a.md\n');
    });
  });
});
