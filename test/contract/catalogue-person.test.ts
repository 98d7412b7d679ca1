import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHome } from '../support/cli.js';
import { expectConverged, wholeState } from '../support/oracles.js';
import { startAutosync } from '../support/programs-at-work.js';
import { addSubmodule } from '../support/submodule.js';
import { createWorld, git, type Machine, machineAt, type World } from '../support/world.js';

let world: World;
let here: Machine;
let there: Machine;

beforeEach(() => {
  world = createWorld('here', 'there');
  [here, there] = world.machines as [Machine, Machine];
});
afterEach(() => world.remove());

/** Which tracked files a machine's git was told to leave out. */
const leftOut = (machine: Machine): readonly string[] =>
  machine
    .git('ls-files', '-v')
    .split('\n')
    .filter((line) => line.startsWith('S '))
    .map((line) => line.slice(2));

describe.each([
  ['a cone', ['set', '--cone', 'in']],
  ['a cone below others', ['set', '--cone', 'in/deep']],
  ['a cone with a sparse index', ['set', '--cone', '--sparse-index', 'in']],
  ['patterns', ['set', '--no-cone', '/*', '!/out/', '!*.raw']],
])('a sparse checkout by %s', (_how, command) => {
  it('leaves new files outside of it out, takes those inside, and the other machines keep them all', async () => {
    there.write('in/deep/a.txt', 'in\n');
    await there.run();
    await here.run();
    here.git('sparse-checkout', ...command);
    there.write('out/new.txt', 'OUT\n');
    there.write('out/far/new.txt', 'FAR\n');
    there.write('in/deep/new.txt', 'IN\n');
    there.write('top.txt', 'TOP\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(Object.keys(here.files()).filter((path) => path.startsWith('out'))).toEqual([]);
    expect(leftOut(here)).toEqual(expect.arrayContaining(['out/far/new.txt', 'out/new.txt']));
    expect(here.files()).toMatchObject({ 'in/deep/new.txt': 'IN\n', 'top.txt': 'TOP\n' });
    expect(here.git('status', '--porcelain')).toBe('');
    here.write('in/deep/mine.txt', 'MINE\n');
    there.write('out/new.txt', 'OUT AGAIN\n');
    there.write('out/more.txt', 'MORE\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    await there.run();
    expect(there.files()).toMatchObject({
      'out/new.txt': 'OUT AGAIN\n',
      'out/far/new.txt': 'FAR\n',
      'out/more.txt': 'MORE\n',
      'in/deep/mine.txt': 'MINE\n',
    });
    here.git('sparse-checkout', 'disable');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
    expect(here.files()).toEqual(there.files());
  });
});

describe('a branch that is switched by hand while a run of another process is under way', () => {
  it('loses no file and no commit, on no branch', async () => {
    const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'here');
    here.git('branch', 'other');
    for (let n = 0; n < 30; n += 1) there.write(`theirs/${n}.txt`, `THEIRS-${n}.\n`);
    await there.run();
    here.write('mine.txt', 'MINE\n');
    const run = startAutosync(home, 'snapshot', here.top);
    let ended = false;
    void run.ended.then(() => {
      ended = true;
    });
    for (let n = 0; !ended && n < 200; n += 1) {
      await startedGit(n % 2 === 0 ? 'other' : 'main');
    }
    await run.ended;
    await startedGit('main');
    await expectConverged(world, { tokens: ['THEIRS-0.', 'THEIRS-29.'] });
    // The branch on which the run found him got his file, and so did the hub's branch of that name.
    const holds = ['main', 'other'].filter((branch) => here.git('ls-tree', branch, 'mine.txt') !== '');
    expect(holds).toHaveLength(1);
    for (const branch of holds) expect(world.hubHead(branch)).toBe(here.git('rev-parse', branch));
  });

  const startedGit = (branch: string): Promise<unknown> =>
    new Promise((resolve) => {
      setTimeout(() => {
        try {
          here.git('switch', '-q', branch);
        } catch {
          // Git itself refuses where a file would be lost, or while the index is ours.
        }
        resolve(undefined);
      }, 20);
    });
});

describe('linked working trees', () => {
  it('of one repository run at the same moment, each on its branch', async () => {
    const top = join(world.folder, 'linked');
    here.git('worktree', 'add', '-q', '-b', 'side', top);
    const linked = machineAt(top, 'linked');
    here.write('a.txt', 'MAIN\n');
    linked.write('b.txt', 'SIDE\n');
    const homes = [here, linked].map(({ name }) => createHome(mkdtempSync(join(tmpdir(), 'home-')), name));
    const tops = [here.top, linked.top];
    const runs = homes.map((home, n) => startAutosync(home, 'snapshot', tops[n] ?? ''));
    for (const { ended } of runs) expect(await ended).toMatchObject({ code: 0 });
    expect(git(world.hub, 'show', 'main:a.txt')).toBe('MAIN');
    expect(git(world.hub, 'show', 'side:b.txt')).toBe('SIDE');
    expect(here.git('fsck', '--no-dangling')).toBe('');
    const before = [wholeState(here), linked.files()];
    expect([await here.run(), await linked.run()]).toMatchObject([{ verdict: 'synced' }, { verdict: 'synced' }]);
    expect([wholeState(here), linked.files()]).toEqual(before);
  });

  it('of which one is in the middle of a merge do not hold up the other', async () => {
    const top = join(world.folder, 'linked');
    here.git('worktree', 'add', '-q', '-b', 'side', top);
    const linked = machineAt(top, 'linked');
    linked.write('b.txt', 'SIDE\n');
    linked.git('add', '.');
    linked.git('commit', '-q', '-m', 'side');
    here.git('merge', '-q', '--no-ff', '--no-commit', 'side');
    expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'merge' } });
    linked.write('c.txt', 'MORE\n');
    expect(await linked.run()).toMatchObject({ verdict: 'synced' });
  });
});

describe('a submodule', () => {
  let inner: string;

  beforeEach(async () => {
    addSubmodule(world, here, 'one\n');
    await here.run();
    inner = join(here.top, 'lib');
  });

  it('with files that are not committed keeps them, and holds nothing up', async () => {
    writeFileSync(join(inner, 'file'), 'DIRTY\n');
    writeFileSync(join(inner, 'new'), 'NEW\n');
    here.write('a.txt', 'MINE\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { changes: [{ path: 'a.txt' }] } });
    expect(here.files()).toMatchObject({ 'lib/file': 'DIRTY\n', 'lib/new': 'NEW\n' });
  });

  it('with a commit that no other machine could fetch is not published, and is named', async () => {
    writeFileSync(join(inner, 'file'), 'UNPUSHED\n');
    git(inner, 'commit', '-q', '-am', 'unpushed');
    here.write('a.txt', 'MINE\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'lib', reason: 'submodule' }] });
    expect(git(world.hub, 'ls-tree', 'main', 'lib')).not.toContain(git(inner, 'rev-parse', 'HEAD'));
    expect(here.read('lib/file')).toBe('UNPUSHED\n');
  });

  it('whose place moved on the hub leaves its dirty files alone', async () => {
    await there.run();
    const library = join(world.folder, 'library');
    writeFileSync(join(library, 'file'), 'two\n');
    git(library, 'commit', '-q', '-am', 'two');
    there.git('update-index', '--cacheinfo', `160000,${git(library, 'rev-parse', 'HEAD')},lib`);
    there.git('commit', '-q', '-m', 'moved');
    there.git('push', '-q');
    writeFileSync(join(inner, 'file'), 'DIRTY\n');
    expect((await here.run()).verdict).toBe('synced');
    expect(here.read('lib/file')).toBe('DIRTY\n');
    rmSync(join(inner, 'file'));
    expect((await here.run()).verdict).toBe('synced');
  });
});

describe('a person who', () => {
  it('clones with a detached head is told which command ends that', async () => {
    here.git('switch', '-q', '--detach');
    expect(await here.run()).toMatchObject({
      verdict: 'blocked',
      blocked: { kind: 'detached', hint: 'git switch <branch>' },
    });
  });

  it('bisects at one machine gets nothing there, and all of it when it is over', async () => {
    here.git('bisect', 'start', 'HEAD');
    there.write('theirs.txt', 'THEIRS\n');
    await there.run();
    const before = wholeState(here);
    expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'bisect' } });
    expect(wholeState(here)).toEqual(before);
    here.git('bisect', 'reset');
    await expectConverged(world, { tokens: ['THEIRS'] });
  });
});
