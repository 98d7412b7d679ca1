import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../support/needs.js';
import { createWorld, type Machine, type World } from '../support/world.js';

let world: World;
let laptop: Machine;

describe.skipIf(!needs('git-lfs'))('Git LFS', () => {
  beforeEach(() => {
    execFileSync('git', ['lfs', 'install', '--skip-repo'], { stdio: 'pipe' });
    world = createWorld('laptop');
    const [first] = world.machines;
    if (first === undefined) throw new Error('no machine');
    laptop = first;
    laptop.write('.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n');
  });

  afterEach(() => world.remove());

  it('a large file reaches the other machines, and the commit holds its pointer', async () => {
    laptop.write('photo.bin', 'a large photo\n');
    expect(await laptop.run()).toMatchObject({ verdict: 'synced' });
    expect(laptop.git('show', 'HEAD:photo.bin')).toMatch(/^version https:\/\/git-lfs/);
    const desktop = world.add('desktop');
    expect(desktop.read('photo.bin')).toBe('a large photo\n');
    laptop.write('photo.bin', 'another photo\n');
    await laptop.run();
    expect(await desktop.run()).toMatchObject({ verdict: 'synced', integrate: { files: 1 } });
    expect(desktop.read('photo.bin')).toBe('another photo\n');
  });

  it('a file that it keeps is never too large, while any other of its size is', async () => {
    laptop.write('photo.bin', 'a large photo\n');
    laptop.write('photo.raw', 'a large photo\n');
    laptop.write('.gitattributes', '*.bin filter=lfs\n');
    expect(await laptop.run({ maxFileBytes: 13 })).toMatchObject({
      quarantined: [
        { path: '.gitattributes', reason: 'too-large' },
        { path: 'photo.raw', reason: 'too-large' },
      ],
    });
    expect(laptop.git('show', 'HEAD:photo.bin')).toMatch(/^version https:\/\/git-lfs/);
  });

  it('a file that both changed is kept in both versions, as files and not as pointers', async () => {
    laptop.write('photo.bin', 'first\n');
    await laptop.run();
    const desktop = world.add('desktop');
    laptop.write('photo.bin', 'from the laptop\n');
    desktop.write('photo.bin', 'from the desktop\n');
    for (const machine of [laptop, desktop, laptop]) await machine.run();
    const contents = Object.values(laptop.files());
    expect(contents).toEqual(expect.arrayContaining(['from the laptop\n', 'from the desktop\n']));
    expect(desktop.files()).toEqual(laptop.files());
  });

  it('without the program large files are left out and named, and everything else goes on', async () => {
    laptop.git('config', 'filter.lfs.clean', 'no-such-program clean -- %f');
    laptop.git('config', 'filter.lfs.process', 'no-such-program filter-process');
    laptop.git('config', 'filter.lfs.required', 'true');
    laptop.write('photo.bin', 'a large photo\n');
    laptop.write('note.md', 'note\n');
    const report = await laptop.run();
    expect(report.quarantined).toMatchObject([{ path: 'photo.bin' }]);
    expect(readFileSync(join(laptop.top, 'photo.bin'), 'utf8')).toBe('a large photo\n');
    expect(laptop.git('ls-tree', '--name-only', 'HEAD')).toContain('note.md');
    expect(existsSync(join(laptop.top, '.git/index.lock'))).toBe(false);
  });
});
