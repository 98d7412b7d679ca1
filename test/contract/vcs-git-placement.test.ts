import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interruptedTree, VERBS } from '../support/interrupted-tree.js';
import { expectConverged } from '../support/oracles.js';
import { createWorld, git, type Machine, machineAt, type World } from '../support/world.js';

let world: World;
let here: Machine;
let there: Machine;

beforeEach(() => {
  world = createWorld('here', 'there');
  [here, there] = world.machines as [Machine, Machine];
});
afterEach(() => world.remove());

describe('what happens while a run is under way', () => {
  beforeEach(async () => {
    there.write('README.md', 'hello\nfrom there\n');
    there.write('new.txt', 'new\n');
    await there.run();
  });

  it.each(VERBS)('what is staged just before %s stays staged or becomes part of a snapshot', async (verb) => {
    here.write('other.txt', 'mine\n');
    const tree = await interruptedTree(here, verb, () => {
      here.write('staged.txt', 'STAGED\n');
      here.git('add', 'staged.txt');
      here.write('staged.txt', 'STAGED\nand edited\n');
    });
    await here.run({}, { tree });
    const versions = [here.git('log', '--all', '-p', '--', 'staged.txt'), here.git('show', ':staged.txt')].join('\n');
    expect(versions).toContain('STAGED');
    expect(here.read('staged.txt')).toBe('STAGED\nand edited\n');
  });
});

describe('files that are put in place', () => {
  it('are so in a linked working tree, too', async () => {
    const top = join(world.folder, 'linked');
    here.git('worktree', 'add', '-q', '-b', 'second', top);
    const linked = machineAt(top, 'linked');
    linked.write('a.txt', 'linked\n');
    expect(await linked.run()).toMatchObject({ verdict: 'synced', branch: 'second' });
    there.git('fetch', '-q');
    there.git('switch', '-q', 'second');
    there.write('a.txt', 'theirs\n');
    await there.run();
    expect(await linked.run()).toMatchObject({ verdict: 'synced', integrate: { files: 1 } });
    expect(linked.read('a.txt')).toBe('theirs\n');
    expect(here.git('status', '--porcelain')).toBe('');
  });
});

describe("a tree that names git's own folder", () => {
  it('never comes in, and its path is named', async () => {
    const blob = git(world.hub, 'hash-object', '-w', '/dev/null');
    const treeOf = (name: string, kind: 'blob' | 'tree', id: string): string => {
      const file = join(world.folder, 'tree');
      writeFileSync(file, `${kind === 'blob' ? '100644' : '040000'} ${kind} ${id}\t${name}\n`);
      return execFileSync('sh', ['-c', 'git mktree < "$1"', 'sh', file], { cwd: world.hub, encoding: 'utf8' }).trim();
    };
    const tree = treeOf('sub', 'tree', treeOf('.git', 'tree', treeOf('config', 'blob', blob)));
    git(world.hub, 'update-ref', 'refs/heads/main', git(world.hub, 'commit-tree', '-p', 'main', '-m', 'evil', tree));
    here.write('mine.txt', 'MINE\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'unsupported' } });
    expect(report.why).toContain("'sub/.git/config'");
    expect(here.files()).toEqual({ 'README.md': 'hello\n', 'mine.txt': 'MINE\n' });
    expect(here.savedAside()).toBe(here.head());
  });
});

describe('where git makes no links', () => {
  it('the file that stands for one is replaced, and stays what it is', async () => {
    here.git('config', 'core.symlinks', 'false');
    there.link('README.md', 'l');
    await there.run();
    await here.run();
    expect(here.files()['l']).toBe('README.md');
    there.remove('l');
    there.link('elsewhere.md', 'l');
    await there.run();
    here.write('mine.txt', 'MINE\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged', conflicts: [] } });
    expect(here.files()['l']).toBe('elsewhere.md');
    await there.run();
    expect(there.files()['l']).toBe('-> elsewhere.md');
  });
});

describe('a link in the place of a folder', () => {
  it('is never written through, and does not keep our work here', async () => {
    there.write('media/a.txt', 'A\n');
    there.write('media/b.txt', 'B\n');
    await there.run();
    await here.run();
    const elsewhere = join(world.folder, 'elsewhere');
    renameSync(join(here.top, 'media'), elsewhere);
    here.link(elsewhere, 'media');
    writeFileSync(join(here.top, '.git/info/exclude'), 'media\n');
    there.write('media/a.txt', 'THEIRS\n');
    there.write('media/new.txt', 'NEW\n');
    await there.run();
    here.write('mine.txt', 'MINE\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'in-the-way' } });
    expect(report.why).toMatch(/'media' is a link here.*put the folder back.*the work is safe on/);
    expect(readdirSync(elsewhere)).toEqual(['a.txt', 'b.txt']);
    expect(here.savedAside()).toBe(here.head());
    here.remove('media');
    renameSync(elsewhere, join(here.top, 'media'));
    rmSync(join(here.top, '.git/info/exclude'));
    await expectConverged(world, { tokens: ['B\n', 'MINE\n', 'THEIRS\n', 'NEW\n'] });
  });
});

describe.skipIf(!existsSync('/dev/shm'))('a git folder on another file system than the tree', () => {
  let elsewhere: string;
  beforeEach(() => {
    elsewhere = mkdtempSync('/dev/shm/gitdir-');
  });
  afterEach(() => rmSync(elsewhere, { recursive: true, force: true }));

  it('is no hindrance, and leaves nothing in the tree', async () => {
    const top = join(world.folder, 'apart');
    git(world.folder, 'clone', '-q', '--separate-git-dir', join(elsewhere, 'repo.git'), world.hub, top);
    const apart = machineAt(top, 'apart');
    for (let turn = 0; turn < 2; turn += 1) {
      there.write('README.md', `theirs ${turn}\n`);
      there.write(`new-${turn}.txt`, 'new\n');
      await there.run();
      apart.write(`mine-${turn}.txt`, 'mine\n');
      expect(await apart.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
      expect(apart.git('status', '--porcelain', '--ignored')).toMatch(/^(!! \.autosync-stage\/)?$/);
    }
    await there.run();
    expect(await apart.run()).toMatchObject({ verdict: 'synced' });
    expect(existsSync(join(top, '.autosync-stage'))).toBe(false);
    expect(apart.files()).toEqual(there.files());
  });
});
