import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, type Home, until } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import { git, type World } from '../support/world.js';

/** Everything below a folder: path → mode and bytes. */
function picture(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const mode = (lstatSync(path).mode & 0o7777).toString(8);
    found[path] = entry.isFile() ? `${mode} ${readFileSync(path, 'latin1')}` : mode;
  }
  return found;
}

/** What a system writes by itself with every commit and every look: history, index, caches. */
const STORES =
  /\.git\/(objects|logs|refs|index|FETCH_HEAD)|\.hg\/(store|cache|wcache|dirstate|branch$|undo|last-message|00changelog)/;

const withoutStores = (all: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(all).filter(([path]) => !STORES.test(path)));

const newHome = (): Home => createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');

type System = {
  /** Our files, in the system's own folder. */
  readonly written: readonly string[];
  readonly before: readonly (readonly [name: string, prepare: (top: string) => unknown])[];
  readonly ownHook: (top: string, line: string) => void;
};

/** Where our hooks are, and what a person may have put there before. */
const SYSTEMS: Readonly<Record<VcsHarness['name'], System>> = {
  git: {
    written: ['hooks/post-commit', 'hooks/post-merge', 'hooks/post-rewrite'],
    before: [
      ['a fresh repository', (): void => {}],
      [
        'a post-commit hook of his own',
        (top: string): void => {
          writeFileSync(join(top, '.git/hooks/post-commit'), '#!/bin/sh\necho mine >> "$HOME/ran"');
          chmodSync(join(top, '.git/hooks/post-commit'), 0o744);
        },
      ],
      [
        'core.hooksPath in the working tree',
        (top: string): string => git(top, 'config', 'core.hooksPath', '.githooks'),
      ],
      [
        'core.hooksPath outside of it',
        (top: string): void => {
          mkdirSync(`${top}-hooks`);
          writeFileSync(`${top}-hooks/post-commit`, '#!/bin/sh\ntrue\n');
          git(top, 'config', 'core.hooksPath', `${top}-hooks`);
        },
      ],
    ],
    ownHook: (top: string, line: string): void =>
      writeFileSync(join(top, '.git/hooks/post-commit'), `#!/bin/sh\n${line}\n`, { mode: 0o755 }),
  },
  hg: {
    written: ['autosync.rc', 'hgrc'],
    before: [
      ['a fresh repository', (): void => {}],
      [
        'a commit hook of his own',
        (top: string): void => {
          writeFileSync(join(top, '.hg/hgrc'), `${hgrc(top)}[hooks]\ncommit = echo mine >&2`);
          chmodSync(join(top, '.hg/hgrc'), 0o640);
        },
      ],
      [
        'an hgrc from Windows',
        (top: string): void => writeFileSync(join(top, '.hg/hgrc'), hgrc(top).replaceAll('\n', '\r\n')),
      ],
    ],
    ownHook: (top: string, line: string): void =>
      writeFileSync(join(top, '.hg/hgrc'), `${hgrc(top)}[hooks]\ncommit = ${line}\n`),
  },
};

const hgrc = (top: string): string => readFileSync(join(top, '.hg/hgrc'), 'utf8');

describe.each(HARNESSES.filter(({ name }) => needs(name)))('$name', (vcs) => {
  const { written, before: cases, ownHook } = SYSTEMS[vcs.name];
  let world: World<Desk>;

  beforeAll(() => {
    world = vcs.createWorld();
  });

  afterAll(() => world.remove());

  describe('install and then uninstall', () => {
    it.each(cases)('with %s leaves hooks and settings byte for byte as before', (name, prepare) => {
      const machine = world.add(name.replaceAll(/\W/g, '-'));
      prepare(machine.top);
      const home = newHome();
      const before = { ...picture(home.folder), ...withoutStores(picture(machine.top)) };
      expect(home.autosync('install', machine.top, '--scheduler', 'none')).toMatchObject({ code: 0 });
      const added = `${machine.name}.md`;
      machine.write(added, 'new\n');
      expect(home.autosync('snapshot', machine.top)).toMatchObject({ code: 0 });
      expect(home.autosync('uninstall', machine.top)).toMatchObject({ code: 0 });
      const after = { ...picture(home.folder), ...withoutStores(picture(machine.top)) };
      delete after[join(machine.top, added)];
      const remembered = join(home.folder, '.local', 'state', 'autosync');
      const left = Object.keys(after).filter((path) => !(path in before) && !path.startsWith(remembered));
      const folders = ['.local', '.local/share', '.local/state', '.cache'].map((folder) => join(home.folder, folder));
      expect(left.filter((path) => !folders.includes(path))).toEqual([]);
      for (const [path, content] of Object.entries(before)) expect([path, after[path]]).toEqual([path, content]);
      if (vcs.name === 'git') expect(machine.command('for-each-ref', 'refs/autosync')).toBe('');
      expect(machine.verify()).toBe('');
    });
  });

  it('installing twice changes no byte', () => {
    const machine = world.add('again');
    const home = newHome();
    home.autosync('install', machine.top, '--scheduler', 'none');
    const settled = (): Record<string, string> =>
      Object.fromEntries(
        Object.entries({ ...picture(home.folder), ...withoutStores(picture(machine.top)) }).filter(
          ([path]) => !/\/state\/autosync/.test(path),
        ),
      );
    const before = settled();
    expect(home.autosync('install', machine.top, '--scheduler', 'none')).toMatchObject({ code: 0 });
    expect(settled()).toEqual(before);
  });

  it('a dry run shows every file and changes nothing', () => {
    const machine = world.add('dry');
    const home = newHome();
    const before = { ...picture(home.folder), ...picture(machine.top) };
    const { code, out } = home.autosync('install', machine.top, '--scheduler', 'none', '--dry-run', '--json');
    expect(code).toBe(0);
    const paths = JSON.parse(out).files.map((file: { path: string }) => file.path);
    expect(paths).toEqual([
      join(home.folder, '.local/share/autosync/run'),
      expect.stringContaining(join(home.folder, '.config/autosync/repos/dry-')),
      ...written.map((name) => join(machine.top, `.${vcs.name}`, name)),
    ]);
    expect({ ...picture(home.folder), ...picture(machine.top) }).toEqual(before);
  });

  it('clone makes a new folder and installs it', () => {
    const home = newHome();
    const { code } = home.autosync('clone', world.hub, 'notes', '--scheduler', 'none', '--every', '15m');
    expect(code).toBe(0);
    expect(readFileSync(join(home.folder, 'notes', 'README.md'), 'utf8')).toBe('hello\n');
    const settings = JSON.parse(home.autosync('config', 'notes', 'schedule', '--json').out).settings;
    expect(settings).toMatchObject([{ name: 'schedule', value: 'every 15m', from: 'repository' }]);
    expect(home.autosync('clone', world.hub, 'notes', '--scheduler', 'none')).toMatchObject({ code: 0 });
  });

  it('a commit by hand is pushed by the hook, and the hook of the person himself runs too', async () => {
    const machine = world.add('hooked');
    const home = newHome();
    ownHook(machine.top, `echo mine >> "${home.folder}/ran"`);
    home.autosync('install', machine.top, '--scheduler', 'none');
    machine.write('by-hand.md', 'x\n');
    machine.commit('By hand');
    expect(readFileSync(join(home.folder, 'ran'), 'utf8')).toBe('mine\n');
    await until('the hub has the commit', () => world.hubHead() === machine.head());
    expect(machine.messages()[0]).toBe('By hand');
  });
});

it('a quoted pattern installs every repository below a folder, whatever its system', () => {
  const home = newHome();
  const names = { git: ['one', 'two/deep'], hg: ['three'] };
  const known = HARNESSES.filter(({ name }) => needs(name));
  for (const vcs of known) {
    const world = vcs.createWorld();
    for (const name of names[vcs.name]) {
      mkdirSync(join(home.folder, 'src', name, '..'), { recursive: true });
      execFileSync(vcs.name, ['clone', '-q', world.hub, join(home.folder, 'src', name)]);
    }
  }
  const { out } = home.autosync('install', 'src/**', '--scheduler', 'none', '--no-hooks', '--json');
  const paths = JSON.parse(out).repos.map((repo: { path: string }) => repo.path);
  const expected = known.flatMap(({ name }) => names[name]).sort();
  expect(paths).toEqual(expected.map((name) => join(home.folder, 'src', name)));
});
