import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asAbsolute } from '../../src/model/paths.js';
import { createWorld, git, type Machine, type World } from '../support/world.js';

let world: World;
let here: Machine;

beforeEach(() => {
  world = createWorld('here', 'there');
  [here] = world.machines as [Machine, Machine];
});
afterEach(() => world.remove());

const inGit = (name: string): string => join(here.top, '.git', name);

describe('a branch switched by hand', () => {
  it('may have a name that once was a folder of names', async () => {
    for (const branch of ['feature', 'feature/x']) {
      here.git('switch', '-q', '-c', branch);
      here.write(`${branch.replace('/', '-')}.txt`, 'a\n');
      expect(await here.run()).toMatchObject({ verdict: 'synced', branch });
      here.git('push', '-q', 'origin', '--delete', branch);
      here.git('switch', '-q', 'main');
      here.git('branch', '-q', '-D', branch);
    }
  });
});

describe('a setting by which git looks away', () => {
  it('core.ignoreStat hides no later edit', async () => {
    here.git('config', 'core.ignoreStat', 'true');
    for (const token of ['ONE', 'TWO', 'THREE']) {
      here.write('README.md', `${token}\n`);
      expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' } });
      expect(git(world.hub, 'show', 'main:README.md')).toBe(token);
    }
  });

  it('core.ignoreCase hides no new file beside one of its name in other letters, where the disk tells them apart', async (test) => {
    test.skip(existsSync(inGit('head')), 'this disk does not tell cases apart');
    here.git('config', 'core.ignoreCase', 'true');
    here.write('readme.MD', 'OTHER\n');
    const { look } = await import('../../src/vcs/git/look.js');
    expect(await look(asAbsolute(here.top), here.settings)).toMatchObject({ uncommitted: 1 });
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' } });
    expect(git(world.hub, 'show', 'main:readme.MD')).toBe('OTHER');
    expect(git(world.hub, 'show', 'main:README.md')).toBe('hello');
  });
});

describe('a commit that was replaced here', () => {
  it('hides no file that only what replaces it has', async () => {
    here.write('a.txt', 'ONLY HERE\n');
    here.git('add', '.');
    const other = here.git('commit-tree', '-m', 'other', here.git('write-tree'));
    here.git('replace', 'HEAD', other);
    expect(here.status()).toBe('');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' } });
    expect(git(world.hub, 'show', 'main:a.txt')).toBe('ONLY HERE');
  });
});

describe('what a killed run left', () => {
  it('a lock of git that nobody holds is removed when our own run was killed', async () => {
    (await here.open()).begin();
    writeFileSync(inGit('index.lock'), '');
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(existsSync(inGit('index.lock'))).toBe(false);
  });

  it("a lock that could be another program's is left alone, and is waited for", async () => {
    writeFileSync(inGit('index.lock'), '');
    here.write('a.txt', 'a\n');
    const report = await here.run();
    expect(report.verdict).toBe('attention');
    expect(existsSync(inGit('index.lock'))).toBe(true);
    expect(here.git('rev-parse', 'HEAD')).toBe(world.hubHead());
  });

  it('our own lock of a dead process is removed', async () => {
    const owner = { host: (await import('node:os')).hostname(), pid: 2 ** 22 - 1, started: '1', boot: 'another' };
    writeFileSync(inGit('index.lock'), `autosync ${JSON.stringify(owner)}\n`);
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
  });

  it('an index that belongs to a commit which no branch stands on yet loses nothing of that commit', async () => {
    here.write('a.txt', 'a\n');
    const from = here.git('rev-parse', 'HEAD');
    here.git('add', '.');
    here.git('commit', '-q', '-m', 'ours');
    const to = here.git('rev-parse', 'HEAD');
    here.git('reset', '-q', '--soft', from);
    const { indexSum } = await import('../../src/vcs/git/private-index.js');
    const newIndex = indexSum(inGit('index') as Parameters<typeof indexSum>[0]);
    (await here.open()).begin();
    writeFileSync(inGit('autosync/move.json'), JSON.stringify({ branch: 'main', from, to, newIndex }));
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(here.git('rev-parse', 'HEAD^{tree}')).toBe(here.git('rev-parse', `${to}^{tree}`));
    expect(here.git('status', '--porcelain')).toBe('');
    expect(here.git('rev-parse', 'HEAD')).toBe(world.hubHead());
  });
});
