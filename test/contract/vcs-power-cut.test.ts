import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type Machine, type World } from '../support/world.js';

let world: World;
let laptop: Machine;

beforeEach(async () => {
  world = createWorld('laptop');
  const [first] = world.machines;
  if (first === undefined) throw new Error('no machine');
  laptop = first;
  laptop.write('kept.md', 'kept\n');
  await laptop.run();
});

afterEach(() => world.remove());

const objectFile = (id: string): string => join(laptop.top, '.git', 'objects', id.slice(0, 2), id.slice(2));

/** What a power cut makes of a file that was not flushed. */
function empty(path: string): void {
  execFileSync('chmod', ['u+w', path]);
  truncateSync(path, 0);
}

async function expectHealed(): Promise<void> {
  const { verdict, why } = await laptop.run();
  expect([verdict, why]).toEqual(['synced', '']);
  expect(laptop.git('status', '--porcelain')).toBe('');
  expect(laptop.git('rev-parse', 'HEAD')).toBe(world.hubHead());
  expect(() => laptop.git('fsck', '--full')).not.toThrow();
  expect(laptop.read('kept.md')).toBe('kept\n');
  const clone = world.add('clone');
  expect(clone.files()).toEqual(laptop.files());
}

describe('after a power cut', () => {
  it('an empty blob that the next snapshot needs is made anew', async () => {
    laptop.write('new.md', 'new\n');
    const id = laptop.git('hash-object', '-w', 'new.md');
    empty(objectFile(id));
    await expectHealed();
    expect(laptop.git('show', 'HEAD:new.md')).toBe('new');
  });

  it('an empty blob of a commit that was not pushed yet is made anew', async () => {
    laptop.write('by-hand.md', 'by hand\n');
    laptop.git('add', '.');
    laptop.git('commit', '-q', '-m', 'by hand');
    empty(objectFile(laptop.git('rev-parse', 'HEAD:by-hand.md')));
    await expectHealed();
  });

  it('an empty tree is made anew', async () => {
    laptop.write('folder/by-hand.md', 'by hand\n');
    laptop.git('add', '.');
    laptop.git('commit', '-q', '-m', 'by hand');
    empty(objectFile(laptop.git('rev-parse', 'HEAD:folder')));
    await expectHealed();
  });

  it('an empty commit is taken back and its files are committed again', async () => {
    laptop.write('by-hand.md', 'by hand\n');
    laptop.git('add', '.');
    laptop.git('commit', '-q', '-m', 'by hand');
    empty(objectFile(laptop.git('rev-parse', 'HEAD')));
    await expectHealed();
    expect(laptop.git('show', 'HEAD:by-hand.md')).toBe('by hand');
  });

  it.each([
    ['empty', ''],
    ['full of NULs', '\0'.repeat(41)],
  ])('a branch whose ref is %s is restored, and never taken for unborn', async (_what, content) => {
    const head = laptop.git('rev-parse', 'HEAD');
    writeFileSync(join(laptop.top, '.git/refs/heads/main'), content);
    await expectHealed();
    expect(laptop.git('rev-parse', 'HEAD')).toBe(head);
  });

  it('a branch whose ref is empty and has no log is left alone, and named', async () => {
    writeFileSync(join(laptop.top, '.git/refs/heads/main'), '');
    writeFileSync(join(laptop.top, '.git/logs/refs/heads/main'), '');
    const report = await laptop.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'damaged' } });
    expect(statSync(join(laptop.top, '.git/refs/heads/main')).size).toBe(0);
  });

  it.each([
    ['empty', ''],
    ['full of NULs', '\0'.repeat(200)],
    ['torn', 'DIRC\0\0\0\x02\0\0\0\x02'],
  ])('an index that is %s is made anew', async (_what, content) => {
    laptop.write('new.md', 'new\n');
    writeFileSync(join(laptop.top, '.git/index'), content, 'latin1');
    await expectHealed();
  });

  it('an index that is made anew leaves out what a sparse checkout leaves out', async () => {
    for (const name of ['a', 'b', 'c', 'd']) laptop.write(`in/${name}.md`, `${name}\n`);
    laptop.write('out/far.md', 'FAR\n');
    laptop.write('out/here.md', 'here\n');
    await laptop.run();
    laptop.git('sparse-checkout', 'set', 'in');
    laptop.write('out/here.md', 'EDITED\n');
    writeFileSync(join(laptop.top, '.git/index'), '');
    expect(await laptop.run()).toMatchObject({ verdict: 'synced' });
    expect(laptop.has('out/far.md')).toBe(false);
    expect(world.add('clone').files()).toMatchObject({ 'out/far.md': 'FAR\n', 'out/here.md': 'EDITED\n' });
  });

  it.each(['journal.json', 'move.json', 'lock', 'under-way'])('a %s of NULs does no harm', async (name) => {
    const folder = join(laptop.top, '.git/autosync');
    const path = name === 'journal.json' ? join(folder, 'placement', name) : join(folder, name);
    execFileSync('mkdir', ['-p', join(folder, 'placement')]);
    writeFileSync(path, '\0'.repeat(64));
    laptop.write('new.md', 'new\n');
    await expectHealed();
    expect(readdirSync(folder).filter((left) => /^(placement|move\.json|under-way)$/.test(left))).toEqual([]);
  });

  it('what a placement had moved aside stays where its journal cannot be read', async () => {
    const desktop = world.add('desktop');
    desktop.write('kept.md', 'THEIRS\n');
    await desktop.run();
    await laptop.run();
    const ours = join(laptop.top, '.git/autosync');
    const named = (start: string): string[] => readdirSync(ours).filter((name) => name.startsWith(start));
    const [aside = ''] = named('aside-');
    // A program that had the file open before has written to it since.
    const old = join(ours, aside, 'old');
    const [held = ''] = readdirSync(old);
    writeFileSync(join(old, held), 'LATE\n');
    writeFileSync(join(ours, aside, 'journal.json'), Buffer.alloc(100));
    expect(await laptop.run()).toMatchObject({ verdict: 'synced' });
    const [rescued = ''] = named('rescued-');
    expect(readFileSync(join(ours, rescued, 'old', held), 'utf8')).toBe('LATE\n');
    expect(named('aside-')).toEqual([]);
  });
});
