import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copiesIn, expectConverged } from '../support/oracles.js';
import { createWorld, git, type Machine, type World } from '../support/world.js';

const LINES = Array.from({ length: 20 }, (_, n) => `line ${n + 1}`).join('\n');

let world: World;
let mine: Machine;
let theirs: Machine;

beforeEach(() => {
  world = createWorld('mine', 'theirs');
  [mine, theirs] = world.machines as [Machine, Machine];
});
afterEach(() => world.remove());

describe('an incoming file', () => {
  it('moves an ignored file of its name aside, as a copy', async () => {
    writeFileSync(join(mine.top, '.git/info/exclude'), '*.log\n');
    mine.write('only.log', 'MINE ALONE\n');
    theirs.write('only.log', 'THEIRS\n');
    await theirs.run();
    const report = await mine.run();
    const [copy = ''] = copiesIn(mine);
    expect(report.verdict).toBe('synced');
    expect(report.integrate.conflicts).toEqual([{ path: 'only.log', kind: 'in-the-way', kept: 'only.log', copy }]);
    expect(mine.files()).toMatchObject({ 'only.log': 'THEIRS\n', [copy]: 'MINE ALONE\n' });
  });

  it('moves an ignored folder of its name aside, with all that is in it', async () => {
    writeFileSync(join(mine.top, '.git/info/exclude'), 'cache/\n');
    mine.write('cache/deep/a.bin', 'MINE ALONE\n');
    theirs.write('cache', 'THEIRS\n');
    await theirs.run();
    expect(await mine.run()).toMatchObject({ verdict: 'synced' });
    expect(mine.read('cache')).toBe('THEIRS\n');
    expect(Object.values(mine.files())).toContain('MINE ALONE\n');
  });

  it('moves an ignored file aside that stands where its folder belongs', async () => {
    writeFileSync(join(mine.top, '.git/info/exclude'), 'x\n');
    mine.write('x', 'MINE ALONE\n');
    theirs.write('x/a', 'A\n');
    theirs.write('x/b', 'B\n');
    await theirs.run();
    expect(await mine.run()).toMatchObject({ verdict: 'synced' });
    expect(mine.files()).toMatchObject({ 'x/a': 'A\n', 'x/b': 'B\n' });
    expect(Object.values(mine.files())).toContain('MINE ALONE\n');
  });

  it('moves an ignored file aside a second time, although the first copy still stands there', async () => {
    writeFileSync(join(mine.top, '.git/info/exclude'), '*.log\n*(conflict*\n');
    for (const round of ['ONE', 'TWO']) {
      mine.write('only.log', 'MINE ALONE\n');
      theirs.write('only.log', `THEIRS ${round}\n`);
      await theirs.run();
      expect(await mine.run()).toMatchObject({ verdict: 'synced' });
      expect(mine.read('only.log')).toBe(`THEIRS ${round}\n`);
      expect(Object.values(mine.files())).toContain('MINE ALONE\n');
      for (const copy of copiesIn(mine)) mine.write(copy, 'MINE ALONE\n and EDITED\n');
      theirs.remove('only.log');
      await theirs.run();
      await mine.run();
    }
    expect(Object.values(mine.files()).filter((content) => content.includes('EDITED'))).not.toEqual([]);
  });

  it('never makes a secret public that was ignored here', async () => {
    writeFileSync(join(mine.top, '.git/info/exclude'), '.env\nodd \\[x] \\*\n');
    for (const name of ['.env', 'odd [x] *']) {
      mine.write(name, 'SECRET\n');
      theirs.write(name, 'THEIRS\n');
    }
    await theirs.run();
    expect(await mine.run()).toMatchObject({ verdict: 'synced' });
    expect(copiesIn(mine)).toHaveLength(2);
    await mine.run();
    expect(mine.git('log', '--all', '-p')).not.toContain('SECRET');
    expect(await mine.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
  });

  it('never makes a local edit public that git was told not to look at', async () => {
    mine.git('update-index', '--skip-worktree', 'README.md');
    mine.write('README.md', 'SECRET\n');
    theirs.write('README.md', 'THEIRS\n');
    await theirs.run();
    for (let turn = 0; turn < 2; turn += 1) expect(await mine.run()).toMatchObject({ verdict: 'synced' });
    expect(Object.values(mine.files())).toContain('SECRET\n');
    expect(mine.git('log', '--all', '-p')).not.toContain('SECRET');
  });

  it('adopts an ignored file that already holds the same', async () => {
    writeFileSync(join(mine.top, '.git/info/exclude'), '*.log\n');
    mine.write('same.log', 'SAME\n');
    theirs.write('same.log', 'SAME\n');
    await theirs.run();
    expect(await mine.run()).toMatchObject({ verdict: 'synced', integrate: { conflicts: [] } });
    expect(copiesIn(mine)).toEqual([]);
  });

  it('moves a file aside that was too large for the snapshot', async () => {
    mine.write('big.bin', 'MINE '.repeat(100));
    theirs.write('big.bin', 'THEIRS\n');
    await theirs.run();
    const report = await mine.run({ maxFileBytes: 100 });
    const copy = report.integrate.conflicts[0]?.copy;
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: copy, reason: 'too-large' }] });
    expect(mine.read('big.bin')).toBe('THEIRS\n');
    expect(Object.values(mine.files())).toContain('MINE '.repeat(100));
  });

  it('moves a tracked file aside that has grown too large', async () => {
    mine.write('big.bin', 'BASE\n');
    await mine.run();
    await theirs.run();
    mine.write('big.bin', 'MINE '.repeat(100));
    theirs.write('big.bin', 'THEIRS\n');
    await theirs.run();
    await mine.run({ maxFileBytes: 100 });
    expect(mine.read('big.bin')).toBe('THEIRS\n');
    expect(Object.values(mine.files())).toContain('MINE '.repeat(100));
  });

  it('does not write into a folder that is a link out of the tree', async () => {
    const outside = join(world.folder, 'outside');
    git(world.folder, 'init', '-q', outside);
    writeFileSync(join(outside, 'evil'), 'OUTSIDE\n');
    writeFileSync(join(mine.top, '.git/info/exclude'), 'x\n');
    mine.link(outside, 'x');
    theirs.write('x/evil', 'THEIRS\n');
    await theirs.run();
    expect(await mine.run()).toMatchObject({ verdict: 'synced' });
    expect(readFileSync(join(outside, 'evil'), 'utf8')).toBe('OUTSIDE\n');
    expect(mine.files()['x/evil']).toBe('THEIRS\n');
    expect(Object.values(mine.files())).toContain(`-> ${outside}`);
  });
});

describe('a tracked link to a folder', () => {
  it('that becomes a folder leaves alone what it led to', async () => {
    const outside = join(world.folder, 'outside');
    git(world.folder, 'init', '-q', outside);
    writeFileSync(join(outside, 'inner'), 'OUTSIDE\n');
    mine.link(outside, 'x');
    await mine.run();
    await theirs.run();
    theirs.remove('x');
    theirs.write('x/inner', 'THEIRS\n');
    await theirs.run();
    expect(await mine.run()).toMatchObject({ verdict: 'synced', integrate: { conflicts: [] } });
    expect(mine.read('x/inner')).toBe('THEIRS\n');
    expect(readFileSync(join(outside, 'inner'), 'utf8')).toBe('OUTSIDE\n');
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

  it('keeps tracked files that an incoming .gitignore names', async () => {
    mine.write('notes.log', LINES);
    await mine.run();
    await theirs.run();
    theirs.write('.gitignore', '*.log\n');
    await theirs.run();
    mine.write('notes.log', `${LINES}\nMINE`);
    await mine.run();
    await expectConverged(world, { tokens: ['MINE'] });
  });

  it('takes a file out of the tree that somebody stopped to track', async () => {
    mine.write('secret.env', 'TOKEN\n');
    await mine.run();
    await theirs.run();
    theirs.write('.gitignore', '*.env\n');
    theirs.git('rm', '-q', '--cached', 'secret.env');
    expect(await theirs.run()).toMatchObject({ verdict: 'synced' });
    expect(theirs.has('secret.env')).toBe(true);
    mine.write('secret.env', 'TOKEN edited\n');
    await mine.run();
    expect(Object.values(mine.files())).toContain('TOKEN edited\n');
  });
});

describe('conflict copies', () => {
  it('meet again like any other file', async () => {
    mine.write('a.txt', 'MINE\n');
    theirs.write('a.txt', 'THEIRS\n');
    for (const machine of [theirs, mine, theirs]) await machine.run();
    const [copy = ''] = copiesIn(mine);
    mine.write(copy, 'MINE AGAIN\n');
    theirs.write(copy, 'THEIRS AGAIN\n');
    await expectConverged(world, { tokens: ['THEIRS\n', 'MINE AGAIN', 'THEIRS AGAIN'] });
  });

  it('never replace one that was edited since', async () => {
    mine.write('a.txt', 'MINE\n');
    theirs.write('a.txt', 'THEIRS\n');
    for (const machine of [theirs, mine, theirs]) await machine.run();
    const [copy = ''] = copiesIn(mine);
    theirs.write(copy, 'EDITED COPY\n');
    theirs.write('a.txt', 'THEIRS AGAIN\n');
    await theirs.run();
    mine.write('a.txt', 'MINE\n');
    await expectConverged(world, { tokens: ['EDITED COPY', 'THEIRS AGAIN', 'MINE\n'] });
  });

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

  it('keep three versions of three machines', async () => {
    const third = world.add('third');
    const three = { ...world, machines: [mine, theirs, third] };
    for (const machine of three.machines) machine.write('a.txt', `FROM ${machine.name}\n`);
    await expectConverged(three, { tokens: ['FROM mine', 'FROM theirs', 'FROM third'] });
    expect(copiesIn(mine)).toHaveLength(2);
  });

  it('keep both when two persons resolve a conflict differently', async () => {
    mine.write('a.txt', 'MINE\n');
    theirs.write('a.txt', 'THEIRS\n');
    for (const machine of [theirs, mine, theirs]) await machine.run();
    const [copy = ''] = copiesIn(mine);
    mine.remove(copy);
    mine.write('a.txt', 'RESOLVED BY mine\n');
    theirs.remove(copy);
    theirs.write('a.txt', 'RESOLVED BY theirs\n');
    await expectConverged(world, { tokens: ['RESOLVED BY mine', 'RESOLVED BY theirs'] });
  });

  it('carry the name of the machine and the day of the version that lost, whoever resolves it', async () => {
    mine.write('a.txt', 'MINE\n');
    theirs.write('a.txt', 'THEIRS\n');
    for (const machine of [theirs, mine]) await machine.run();
    const day = new Date(Number(mine.git('log', '-1', '--format=%at', 'HEAD^1')) * 1000).toISOString().slice(0, 10);
    const id = mine.git('rev-parse', 'HEAD^1:a.txt').slice(0, 7);
    expect(copiesIn(mine)).toEqual([`a (conflict mine ${day} ${id}).txt`]);
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
});
