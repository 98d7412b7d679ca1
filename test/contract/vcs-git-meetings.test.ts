import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copiesIn, expectConverged } from '../support/oracles.js';
import { addSubmodule } from '../support/submodule.js';
import { createWorld, git, type Machine, type World } from '../support/world.js';

let world: World;
let mine: Machine;
let theirs: Machine;

beforeEach(() => {
  world = createWorld('mine', 'theirs');
  [mine, theirs] = world.machines as [Machine, Machine];
});
afterEach(() => world.remove());

describe('an incoming file', () => {
  it('never makes a local edit public that git was told not to look at', async () => {
    mine.git('update-index', '--skip-worktree', 'README.md');
    mine.write('README.md', 'SECRET\n');
    theirs.write('README.md', 'THEIRS\n');
    await theirs.run();
    for (let turn = 0; turn < 2; turn += 1) expect(await mine.run()).toMatchObject({ verdict: 'synced' });
    expect(Object.values(mine.files())).toContain('SECRET\n');
    expect(mine.git('log', '--all', '-p')).not.toContain('SECRET');
  });
});

describe('rules that arrive with the files they rule', () => {
  it('writes line ends as the incoming .gitattributes says', async () => {
    theirs.write('a.txt', 'one\r\ntwo\r\n');
    theirs.write('b.txt', 'one\r\ntwo\r\n');
    theirs.write('.gitattributes', '*.txt text eol=crlf\n');
    await theirs.run();
    await mine.run();
    expect(mine.read('a.txt')).toBe('one\r\ntwo\r\n');
    await expectConverged(world);
  });

  it('replaces a file whose line ends the incoming .gitattributes no longer converts', async () => {
    theirs.write('.gitattributes', '*.txt text eol=crlf\n');
    theirs.write('a.txt', 'one\r\ntwo\r\n');
    await theirs.run();
    await mine.run();
    expect(mine.read('a.txt')).toBe('one\r\ntwo\r\n');
    theirs.write('.gitattributes', '*.txt -text\n');
    theirs.write('a.txt', 'one\nthree\n');
    await theirs.run();
    expect(await mine.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded' } });
    await expectConverged(world);
  });

  it('writes a file anew that arrives together with other line ends', async () => {
    theirs.write('.gitattributes', '*.txt text eol=lf\n');
    theirs.write('a.txt', 'one\ntwo\n');
    await theirs.run();
    await mine.run();
    theirs.write('.gitattributes', '*.txt text eol=crlf\n');
    theirs.write('a.txt', 'one\r\nthree\r\n');
    await theirs.run();
    await mine.run();
    expect(mine.read('a.txt')).toBe('one\r\nthree\r\n');
    await expectConverged(world);
  });

  it('writes a file in the encoding that the incoming .gitattributes names', async () => {
    const text = Buffer.from('\ufeffgrüß\n', 'utf16le');
    theirs.write('.gitattributes', '*.txt text working-tree-encoding=UTF-16LE-BOM\n');
    theirs.write('a.txt', text);
    await theirs.run();
    await mine.run();
    expect(readFileSync(join(mine.top, 'a.txt'))).toEqual(text);
    await expectConverged(world);
  });
});

describe('renames that meet', () => {
  it.each([1, 5, 30])('leave no conflict markers, whose size is %i by an incoming rule', async (size) => {
    const lines = (tenth: string): string => `${[1, 2, 3, 4, 5, 6, 7, 8, 9, tenth, 11, 12, 13].join('\n')}\n`;
    mine.write('.gitattributes', `* conflict-marker-size=${size}\n`);
    mine.write('x', lines('10'));
    await mine.run();
    await theirs.run();
    for (const [machine, path, tenth] of [
      [theirs, 'y', 'THEIRS'],
      [mine, 'z', 'MINE'],
    ] as const) {
      machine.rename('x', path);
      machine.write(path, lines(tenth));
      await machine.run();
    }
    expect(mine.files()).toMatchObject({ y: lines('THEIRS'), z: lines('MINE') });
    await expectConverged(world, { tokens: ['MINE', 'THEIRS'] });
    expect(world.hubHistory()).not.toMatch(/^\+[<>]+ [0-9a-f]{40}/m);
  });
});

describe('conflict copies', () => {
  it('are the same when two machines resolve the same conflict', async () => {
    const third = world.add('third');
    const three = { ...world, machines: [mine, theirs, third] };
    mine.write('a.txt', 'MINE\n');
    theirs.write('a.txt', 'THEIRS\n');
    await theirs.run();
    await mine.run({}, { pull: false });
    await mine.run({}, { push: false });
    third.git('fetch', '-q', mine.top, 'main');
    third.git('reset', '-q', '--hard', 'FETCH_HEAD^1');
    await third.run();
    await expectConverged(three, { tokens: ['MINE', 'THEIRS'] });
    expect(copiesIn(mine)).toHaveLength(1);
  });

  it('survive a commit with a date and a machine name that no file name can hold', async () => {
    mine.write('x/inner', 'MINE\n');
    theirs.write('x', 'THEIRS\n');
    theirs.git('add', '.');
    const commit = theirs.git('write-tree');
    const head = theirs.git('rev-parse', 'HEAD');
    const text = `tree ${commit}\nparent ${head}\nauthor T <t@x> 99999999999999 +0000\ncommitter T <t@x> 1 +0000\n\nx\n\nAutosync-Machine: ${'../'.repeat(200)}\n`;
    const file = join(world.folder, 'commit');
    writeFileSync(file, text);
    const id = theirs.git('hash-object', '-t', 'commit', '-w', '--literally', file);
    theirs.git('push', '-q', 'origin', `${id}:main`);
    expect(await mine.run()).toMatchObject({ verdict: 'synced' });
    expect(Object.values(mine.files())).toEqual(expect.arrayContaining(['MINE\n', 'THEIRS\n']));
  });
});

describe('submodules', () => {
  it('become an ordinary folder: what was edited in one stays, and the folder comes in', async () => {
    addSubmodule(world, mine, 'one\n');
    await mine.run();
    await theirs.run();
    mine.write('lib/file', 'EDITED\n');
    mine.write('lib/own', 'OWN\n');
    theirs.git('rm', '-q', '--cached', 'lib');
    rmSync(join(theirs.top, 'lib'), { recursive: true });
    for (const name of ['file', 'own', 'new']) theirs.write(`lib/${name}`, `THEIRS ${name}\n`);
    theirs.commit('folder');
    theirs.send();
    expect(await mine.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded', files: 3 } });
    expect(mine.files()).toMatchObject({ 'lib/file': 'THEIRS file\n', 'lib/own': 'THEIRS own\n' });
    expect(Object.values(mine.files())).toEqual(expect.arrayContaining(['EDITED\n', 'OWN\n', 'THEIRS new\n']));
    mine.write('lib/later', 'LATER\n');
    expect(await mine.run()).toMatchObject({ verdict: 'synced', commit: { changes: [{ path: 'lib/later' }] } });
    await expectConverged(world, { tokens: ['EDITED', 'OWN', 'LATER'] });
  });

  it('both moved: the hub keeps its place, and the files inside are left alone', async () => {
    const library = join(world.folder, 'library');
    git(world.folder, 'init', '-q', library);
    for (const token of ['one', 'two', 'three']) {
      writeFileSync(join(library, 'file'), token);
      git(library, 'add', '.');
      git(library, 'commit', '-q', '-m', token);
    }
    const at = (n: number): string => git(library, 'rev-parse', `HEAD~${n}`);
    mine.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
    git(join(mine.top, 'lib'), 'checkout', '-q', at(2));
    mine.git('add', '.');
    mine.git('commit', '-q', '-m', 'submodule');
    await mine.run();
    await theirs.run();
    theirs.git('update-index', '--cacheinfo', `160000,${at(0)},lib`);
    theirs.git('commit', '-q', '-m', 'theirs');
    await theirs.run();
    git(join(mine.top, 'lib'), 'checkout', '-q', at(1));
    mine.git('commit', '-q', '-am', 'mine');
    await mine.run();
    expect(git(join(mine.top, 'lib'), 'rev-parse', 'HEAD')).toBe(at(1));
    await theirs.run();
    expect(mine.git('rev-parse', 'HEAD')).toBe(theirs.git('rev-parse', 'HEAD'));
    expect(world.hubHead()).toBe(mine.git('rev-parse', 'HEAD'));
  });

  it.each([
    ['keep-both', 'theirs'],
    ['prefer-remote', 'theirs'],
    ['prefer-local', 'mine'],
  ] as const)(
    'parted: with the policy %s the place of %s stays, and the files inside are left alone',
    async (conflict, kept) => {
      const library = join(world.folder, 'library');
      git(world.folder, 'init', '-q', '-b', 'mine', library);
      git(library, 'commit', '-q', '--allow-empty', '-m', 'base');
      git(library, 'branch', 'theirs');
      for (const branch of ['theirs', 'mine']) {
        git(library, 'switch', '-q', branch);
        git(library, 'commit', '-q', '--allow-empty', '-m', branch);
      }
      const at = (revision: string): string => git(library, 'rev-parse', revision);
      mine.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
      git(join(mine.top, 'lib'), 'checkout', '-q', at('mine~1'));
      mine.commit('submodule');
      await mine.run();
      await theirs.run();
      theirs.git('update-index', '--cacheinfo', `160000,${at('theirs')},lib`);
      theirs.git('commit', '-q', '-m', 'theirs');
      await theirs.run();
      git(join(mine.top, 'lib'), 'checkout', '-q', at('mine'));
      mine.git('commit', '-q', '-am', 'mine');
      const report = await mine.run({ conflict });
      expect(report.integrate.conflicts).toEqual([{ path: 'lib', kind: 'submodule', kept: 'lib' }]);
      expect(mine.git('rev-parse', 'HEAD:lib')).toBe(at(kept));
      expect(git(join(mine.top, 'lib'), 'rev-parse', 'HEAD')).toBe(at('mine'));
      expect(world.hubHead()).toBe(mine.head());
    },
  );
});
