import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asRelative } from '../../src/model/paths.js';
import type { WorkingTree } from '../../src/vcs/vcs.js';
import type { Edit, FileVersion, ReviseResult } from '../../src/vcs/versions.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { copiesIn } from '../support/oracles.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const path = asRelative;
/** What a name may hold besides letters. */
const NAMES = ['-dash', ' space ', 'new\nline', '*.md', ':(glob)x', 'a"b\\c', '%d $(x)', 'caf\udce9', '\u{1f469}'];
/** Names that are no text, and what else may be in them; each but the first looks like the first to a pattern. */
const FOREIGN = ['[a]\\*\n\udcff', 'a\\*\n\udcff', '[a]\\*\n\udcfe', '[a]\\b\n\udcff', '[a]*\n\udcff', '[a]\\*_\udcff'];
const nothing = { kind: 'nothing' } as const;
/** Before every commit of these tests; commits have their time by the second. */
const BEGUN = Math.floor(Date.now() / 1000) * 1000;

/** What every version control system must be able to say of the past, and to bring back. */
function versions({ createWorld, cannotHold, ignore }: VcsHarness): void {
  let world: World<Desk>;
  let here: Desk;
  let there: Desk;

  beforeEach(() => {
    world = createWorld('here', 'there');
    [here, there] = world.machines as [Desk, Desk];
  });
  afterEach(() => world.remove());

  const save = async (name: string, content: string): Promise<void> => {
    here.write(name, content);
    await here.run();
  };
  const listed = async (name: string, limit = 100): Promise<readonly FileVersion[]> =>
    (await here.open()).versions.list({ path: path(name), from: here.head(), limit });
  const told = async (name: string): Promise<readonly string[]> =>
    (await listed(name)).map(({ change, path: then, size }) => `${change} ${then} ${size ?? '-'}`);

  /** Makes a commit of edits as a command does: begun, and ended. */
  async function revise(edits: readonly Edit[], between: () => void = () => undefined): Promise<ReviseResult> {
    const tree: WorkingTree = await here.open();
    await tree.heal();
    tree.begin();
    const { branch, head = '' } = await tree.inspect();
    between();
    const result = await tree.versions.revise({ branch, head, edits, message: 'By hand\n', quarantined: [] });
    tree.end();
    return result;
  }
  const version = (of: string, revision: string = here.head()): Edit['to'] => ({
    kind: 'version',
    revision,
    path: path(of),
  });

  describe('list', () => {
    it('tells each version of a file, newest first, with its machine, its event and its size', async () => {
      await save('a.md', 'one\n');
      await save('a.md', 'one\ntwo\n');
      const found = await listed('a.md');
      expect(found.map(({ change, size }) => [change, size])).toEqual([
        ['modified', 8],
        ['added', 4],
      ]);
      expect(found[0]).toMatchObject({ id: here.head(), machine: 'here', author: 'Test Person' });
      expect(found[0]?.message).toMatch(/^Modified a\.md\n/);
      expect(found[0]?.at).toBeGreaterThanOrEqual(BEGUN);
      expect(found[0]?.at).toBeLessThanOrEqual(Date.now());
    });

    it('follows a file through its renames, and tells of a file that is gone', async () => {
      await save('a.md', 'one\ntwo\nthree\n');
      here.rename('a.md', 'notes/b.md');
      await here.run();
      await save('notes/b.md', 'one\ntwo\nthree\nfour\n');
      here.remove('notes/b.md');
      await here.run();
      expect(await told('notes/b.md')).toEqual([
        'removed notes/b.md -',
        'modified notes/b.md 19',
        'renamed notes/b.md 14',
        'added a.md 14',
      ]);
    });

    it('tells no more than was asked for, and nothing of a file that never was', async () => {
      await save('a.md', 'one\n');
      await save('a.md', 'two\n');
      expect(await listed('a.md', 1)).toHaveLength(1);
      expect(await listed('never.md')).toEqual([]);
    });

    it('tells of both sides of a merge, and of the copy that it made', async () => {
      here.write('a.md', 'MINE\n');
      there.write('a.md', 'THEIRS, LONGER\n');
      await there.run();
      await here.run();
      const [copy = ''] = copiesIn(here);
      expect(await listed(copy)).toMatchObject([{ change: 'added', id: here.head(), machine: 'here', size: 5 }]);
      const { versions: history } = await here.open();
      const side = async (of: string): Promise<unknown> =>
        (await history.list({ path: path('a.md'), from: `${here.head()}^${of}`, limit: 1 }))[0];
      expect(await side('1')).toMatchObject({ machine: 'here', size: 5 });
      expect(await side('2')).toMatchObject({ machine: 'there', size: 15 });
      const machines = (await listed('a.md')).map(({ machine }) => machine);
      expect(machines).toEqual(expect.arrayContaining(['here', 'there']));
    });

    it('names no machine for a commit that was made by hand', async () => {
      here.write('a.md', 'x\n');
      here.commit('mine');
      expect(await listed('a.md')).toMatchObject([{ machine: undefined, message: 'mine' }]);
    });

    it('knows every name that the system can hold', async () => {
      const names = NAMES.filter((name) => !cannotHold.test(name));
      for (const name of names) here.write(name, 'one\n');
      await here.run();
      for (const name of names) expect(await told(name)).toEqual([`added ${name} 4`]);
    });

    it('knows a name of bytes that are no text, and no other that looks like it', async () => {
      const names = FOREIGN.filter((name) => !cannotHold.test(name));
      for (const name of names) await save(name, `${name}\n`);
      for (const name of names) expect((await listed(name)).map((version) => version.path)).toEqual([name]);
    });
  });

  describe('recent', () => {
    const recent = async (limit = 100, since = 0): Promise<readonly string[]> => {
      const found = await (await here.open()).versions.recent({ from: here.head(), since, limit });
      return found.map(({ machine, message }) => `${machine ?? '-'}: ${message.split('\n')[0]}`);
    };

    it('tells every commit below a point, newest first, with its machine, as many as asked for', async () => {
      await save('a.md', 'one\n');
      await there.run();
      there.write('b.md', 'two\n');
      await there.run();
      await here.run();
      expect(await recent()).toEqual(['there: Added b.md', 'here: Added a.md', '-: first']);
      expect(await recent(2)).toEqual(['there: Added b.md', 'here: Added a.md']);
    });

    it('tells none that is older than asked for', async () => {
      expect(await recent(100, Date.now() + 60_000)).toEqual([]);
      expect(await recent(100, BEGUN)).toEqual(['-: first']);
    });
  });

  describe('find', () => {
    it('finds a commit by the beginning of its id, and no other name', async () => {
      const head = here.head();
      const { versions: history } = await here.open();
      const byId = (id: string): Promise<unknown> => history.find({ kind: 'revision', id }, head);
      expect(await byId(head.slice(0, 10))).toMatchObject({ id: head });
      expect(await byId(head.toUpperCase())).toMatchObject({ id: head });
      for (const name of ['HEAD', 'tip', here.branch(), '--all', 'all()', '0000000', `${head}x`]) {
        expect(await byId(name)).toBe(undefined);
      }
    });

    it('finds what the branch stood on at a time, and nothing before its beginning', async () => {
      const { versions: history } = await here.open();
      const at = (time: number): Promise<{ id: string } | undefined> =>
        history.find({ kind: 'time', at: time }, here.head());
      expect(await at(Date.now() + 1000)).toMatchObject({ id: here.head() });
      expect(await at(0)).toBe(undefined);
    });
  });

  describe('entries, read, differences and ancestor', () => {
    it('list a file, a folder or all, and read what is asked for', async () => {
      await save('folder/a.md', 'A\n');
      await save('folder-not', 'N\n');
      here.link('folder/a.md', 'link');
      await here.run();
      const { versions: history } = await here.open();
      const names = async (of?: string): Promise<readonly string[]> =>
        (await history.entries(here.head(), of === undefined ? undefined : path(of))).map(({ path: name }) => name);
      expect(await names('folder')).toEqual(['folder/a.md']);
      expect(await names('folder/a.md')).toEqual(['folder/a.md']);
      expect(await names('fold')).toEqual([]);
      expect([...(await names())].sort()).toEqual(['README.md', 'folder-not', 'folder/a.md', 'link']);
      expect((await history.read(here.head(), path('folder/a.md')))?.toString()).toBe('A\n');
      expect((await history.read(here.head(), path('link')))?.toString()).toBe('folder/a.md');
      expect(await history.read(here.head(), path('folder'))).toBe(undefined);
    });

    it('say what two machines began from', async () => {
      const base = here.head();
      there.write('there.md', 'x\n');
      await there.run();
      await save('here.md', 'x\n');
      const { versions: history } = await here.open();
      expect(await history.ancestor(`${here.head()}^1`, `${here.head()}^2`)).toBe(base);
      const changed = await history.differences(base, here.head());
      expect(changed.map(({ path: name }) => name)).toEqual(['here.md', 'there.md']);
      expect(await history.hubHead(here.branch())).toBe(here.head());
    });
  });

  describe('copies', () => {
    it('are those in the tree, committed or not, and no longer when they are deleted', async () => {
      const copy = 'a (conflict there 2026-11-20 0123456).md';
      here.write(copy, 'x\n');
      here.write('a (conflict).md', 'no copy\n');
      here.write('b (conflict there 2026-11-20 0123456)/inside.md', 'x\n');
      const { versions: history } = await here.open();
      const found = ['b (conflict there 2026-11-20 0123456)/inside.md', copy];
      expect([...(await history.copies())].sort()).toEqual([...found].sort());
      await here.run();
      expect([...(await (await here.open()).versions.copies())].sort()).toEqual([...found].sort());
      here.remove(copy);
      expect(await (await here.open()).versions.copies()).toEqual([found[0]]);
    });

    it('are also those that we made of ignored files', async () => {
      ignore(here, 'local.cfg');
      here.write('local.cfg', 'MINE\n');
      there.write('local.cfg', 'THEIRS\n');
      await there.run();
      await here.run();
      expect(copiesIn(here)).toHaveLength(1);
      expect(await (await here.open()).versions.copies()).toEqual(copiesIn(here));
    });
  });

  describe('revise', () => {
    it('puts versions, bytes and removals in place as one commit, which a run then sends', async () => {
      await save('a.md', 'one\n');
      const old = here.head();
      await save('a.md', 'two\n');
      here.write('gone/b.md', 'B\n');
      here.link('a.md', 'link');
      await here.run();
      const result = await revise([
        { path: path('a.md'), to: version('a.md', old) },
        { path: path('new/c.md'), to: version('gone/b.md') },
        { path: path('new/link'), to: version('link') },
        { path: path('gone/b.md'), to: nothing },
        { path: path('bytes'), to: { kind: 'bytes', bytes: Buffer.from('x\0y'), mode: '100755' } },
      ]);
      expect(result).toEqual({ kind: 'done', head: here.head(), files: 5 });
      expect(here.files()).toEqual({
        'README.md': 'hello\n',
        'a.md': 'one\n',
        bytes: 'x\0y',
        link: '-> a.md',
        'new/c.md': 'B\n',
        'new/link': '-> a.md',
      });
      expect(here.status()).toBe('');
      expect(existsSync(join(here.top, 'gone'))).toBe(false);
      expect(here.messages()[0]).toBe('By hand');
      expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
    });

    it('lets a file become a folder, and a folder a file', async () => {
      await save('x', 'file\n');
      const file = here.head();
      here.remove('x');
      await save('x/y/z', 'folder\n');
      const folder = here.head();
      expect(
        await revise([
          { path: path('x/y/z'), to: nothing },
          { path: path('x'), to: version('x', file) },
        ]),
      ).toMatchObject({ kind: 'done' });
      expect(here.read('x')).toBe('file\n');
      expect(
        await revise([
          { path: path('x'), to: nothing },
          { path: path('x/y/z'), to: version('x/y/z', folder) },
        ]),
      ).toMatchObject({ kind: 'done' });
      expect(here.read('x/y/z')).toBe('folder\n');
      expect(here.status()).toBe('');
    });

    it('makes no commit of what is there already', async () => {
      const head = here.head();
      expect(await revise([{ path: path('README.md'), to: version('README.md') }])).toEqual({ kind: 'unchanged' });
      expect(here.head()).toBe(head);
    });

    it('does nothing, and leaves nothing, when the file is saved meanwhile', async () => {
      await save('a.md', 'one\n');
      const before = here.head();
      const result = await revise([{ path: path('a.md'), to: nothing }], () => here.write('a.md', 'SAVED\n'));
      expect(result.kind).toBe('changed-meanwhile');
      expect(here.read('a.md')).toBe('SAVED\n');
      expect(here.head()).toBe(before);
      expect(here.verify()).toBe('');
    });

    it('keeps an untracked file beside what takes its name', async () => {
      await save('a.md', 'one\n');
      const result = await revise([{ path: path('b.md'), to: version('a.md') }], () => here.write('b.md', 'MINE\n'));
      expect(result.kind).toBe('done');
      expect(here.read('b.md')).toBe('one\n');
      expect(copiesIn(here).map(here.read)).toEqual(['MINE\n']);
    });

    it('takes every name that the system can hold', async () => {
      const names = NAMES.filter((name) => !cannotHold.test(name));
      for (const name of names) here.write(name, 'one\n');
      await here.run();
      const moves = names.flatMap((name) => [
        { path: path(name), to: nothing },
        { path: path(`${name}/in`), to: version(name) },
      ]);
      expect(await revise(moves)).toMatchObject({ kind: 'done' });
      for (const name of names) expect(here.read(`${name}/in`)).toBe('one\n');
      expect(here.status()).toBe('');
    });
  });
}

describe.each(HARNESSES)('versions under $name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('the history', () => versions(vcs));
});
