import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHome, type Ended, type Home } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';
import { git, type World } from '../support/world.js';

/** A file long enough to be known again under another name, with one line of it changed. */
const text = (line = 'as it was'): string => `${'the same\n'.repeat(20)}${line}\n`;

/** What every world begins with. */
const README = { 'README.md': 'hello\n' };

describe.each(HARNESSES.filter(({ name }) => needs(name)))('what was left to a person under $name', (vcs) => {
  let world: World<Desk>;
  let home: Home;
  let here: Desk;
  let there: Desk;

  beforeEach(async () => {
    world = vcs.createWorld('laptop', 'desktop');
    [here, there] = world.machines as [Desk, Desk];
    here.write('a.md', text());
    await here.run();
    await there.run();
    home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    home.autosync('install', here.top, '--scheduler', 'none', '--no-hooks');
    run('config', here.top, 'conflict', 'pause');
  });
  afterEach(() => world.remove());

  const run = (...args: readonly string[]): Ended => home.autosyncIn(here.top, ...args);
  const inbox = (): ReturnType<typeof JSON.parse> => JSON.parse(run('conflicts', '--json').out).conflicts;

  /** Sends what the other machine did, and makes this one find that it conflicts with its own. */
  async function meet(): Promise<void> {
    await there.run();
    expect(run('snapshot').code).toBe(10);
  }

  /** Makes both machines change the same line. */
  async function meetInLine(): Promise<void> {
    there.write('a.md', text('THEIRS'));
    here.write('a.md', text('MINE'));
    await meet();
  }

  it.each([
    ['mine', 'here'],
    ['mine', 'there'],
    ['theirs', 'here'],
    ['theirs', 'there'],
  ])('--keep %s keeps that version where the file was renamed %s', async (keep, where) => {
    const [renamer, editor] = where === 'here' ? [here, there] : [there, here];
    renamer.rename('a.md', 'b.md');
    renamer.write('b.md', text(`BY ${renamer.name}`));
    editor.write('a.md', text(`BY ${editor.name}`));
    await meet();
    expect(inbox()).toMatchObject([{ path: 'b.md', state: 'paused' }]);
    expect(run('resolve', 'b.md', '--keep', keep)).toMatchObject({ code: 0 });
    const kept = keep === 'mine' ? here : there;
    expect(here.files()).toEqual({ ...README, 'b.md': text(`BY ${kept.name}`) });
    await there.run();
    expect(there.files()).toEqual(here.files());
    for (const { name } of [here, there]) expect(world.hubHistory()).toContain(`BY ${name}`);
  });

  it.each([
    ['mine', 'here', { x: 'MINE\n' }],
    ['theirs', 'here', { 'x/f': 'THEIRS\n' }],
    ['mine', 'there', { 'x/f': 'MINE\n' }],
    ['theirs', 'there', { x: 'THEIRS\n' }],
  ])('--keep %s decides between a folder and a file, which was made %s', async (keep, where, expected) => {
    here.write(where === 'here' ? 'x' : 'x/f', 'MINE\n');
    there.write(where === 'there' ? 'x' : 'x/f', 'THEIRS\n');
    await meet();
    expect(inbox()).toMatchObject([{ path: 'x', state: 'paused' }]);
    expect(run('resolve', 'x', '--keep', keep)).toMatchObject({ code: 0 });
    expect(here.files()).toEqual({ ...README, 'a.md': text(), ...expected });
    expect(world.hubHead()).toBe(here.head());
    for (const words of ['MINE', 'THEIRS']) expect(world.hubHistory()).toContain(words);
  });

  it('it stays listed while no run gets as far as to look for it', async () => {
    await meetInLine();
    const waiting = inbox();
    expect(waiting).toMatchObject([{ path: 'a.md', state: 'paused' }]);
    renameSync(world.hub, `${world.hub}-away`);
    expect(run('snapshot').code).not.toBe(0);
    expect(inbox()).toEqual(waiting);
    expect(run('resolve')).toMatchObject({ code: 10, out: expect.stringContaining('a.md (content)') });
    renameSync(`${world.hub}-away`, world.hub);
    // What hg finds on the hub already, where it was set aside, it takes for the hub's own.
    if (vcs.name === 'git') run('snapshot', '--no-pull');
    expect(inbox()).toEqual(waiting);
    run('snapshot', '--no-push');
    expect(inbox()).toEqual(waiting);
    expect(run('resolve', 'a.md', '--keep', 'mine').code).toBe(0);
    run('snapshot', '--no-pull');
    expect(run('conflicts')).toMatchObject({ code: 0, out: 'no conflicts\n' });
  });

  it('it ends with a run that finds nothing to decide any more', async () => {
    await meetInLine();
    there.write('a.md', text());
    await there.run();
    expect(run('snapshot').code).toBe(0);
    expect(inbox()).toEqual([]);
  });

  it('in the middle of something else it is not known, which is not the same as none', async () => {
    await meetInLine();
    if (vcs.name === 'git') here.command('checkout', '-q', '--detach');
    else writeFileSync(join(here.top, '.hg/graftstate'), `version 1\n`);
    const { code, out } = run('conflicts', '--json');
    expect(JSON.parse(out)).toMatchObject({ conflicts: [], unknown: [{ repo: here.top }] });
    expect(code).toBe(1);
  });

  it.skipIf(vcs.name === 'hg')('what is refused leaves no lock of another program to the next run', async () => {
    await meetInLine();
    const lock = join(here.top, '.git/index.lock');
    expect(run('resolve', 'nothing.md', '--done').code).toBe(2);
    expect(run('resolve', 'a.md', '--done').code).toBe(2);
    writeFileSync(lock, '');
    expect(run('snapshot').code).not.toBe(0);
    expect(existsSync(lock)).toBe(true);
    expect(run('resolve', 'a.md', '--keep', 'mine').code).not.toBe(0);
    expect(existsSync(lock)).toBe(true);
    rmSync(lock);
    expect(run('resolve', 'a.md', '--keep', 'mine').code).toBe(0);
    expect(here.read('a.md')).toBe(text('MINE'));
  });

  it('a choice that nothing can be made of merges nothing', async () => {
    await meetInLine();
    const before = here.head();
    expect(run('resolve', 'a.md', '--keep', 'phone')).toMatchObject({ code: 2, err: expect.stringContaining('phone') });
    expect(here.head()).toBe(before);
    expect(inbox()).toMatchObject([{ path: 'a.md', state: 'paused' }]);
  });

  it.skipIf(vcs.name === 'hg')('ours of a submodule is refused with the way to it, theirs is taken', async () => {
    const library = join(world.folder, 'library');
    git(world.folder, 'init', '-q', '-b', 'mine', library);
    git(library, 'commit', '-q', '--allow-empty', '-m', 'base');
    git(library, 'branch', 'theirs');
    for (const branch of ['theirs', 'mine']) {
      git(library, 'switch', '-q', branch);
      git(library, 'commit', '-q', '--allow-empty', '-m', branch);
    }
    const at = (revision: string): string => git(library, 'rev-parse', revision);
    const lib = join(here.top, 'lib');
    here.command('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
    git(lib, 'checkout', '-q', at('mine~1'));
    here.commit('submodule');
    await here.run();
    await there.run();
    there.command('update-index', '--cacheinfo', `160000,${at('theirs')},lib`);
    there.command('commit', '-q', '-m', 'theirs');
    git(lib, 'checkout', '-q', at('mine'));
    here.command('commit', '-q', '-am', 'mine');
    await meetInLine();
    const before = here.head();
    for (const args of [
      ['lib', '--keep', 'mine'],
      ['lib', '--keep', 'both'],
      ['a.md', '--keep', 'mine'],
    ]) {
      const { code, err } = run('resolve', ...args);
      expect(err).toContain("nothing was done: both sides moved the submodule 'lib'");
      expect(err).toContain("git merge @{upstream}, then git add 'lib' and git commit");
      expect(code).toBe(1);
    }
    expect(here.head()).toBe(before);
    run('resolve', '--all', '--keep', 'theirs');
    expect(here.command('rev-parse', 'HEAD:lib')).toBe(at('theirs'));
    expect(here.read('a.md')).toBe(text('THEIRS'));
    expect(git(lib, 'rev-parse', 'HEAD')).toBe(at('mine'));
  });
});
