import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WorkingTree } from '../../src/vcs/vcs.js';
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

/** A working tree in which something happens just before one of its verbs, once. */
async function interrupted(
  verb: 'snapshot' | 'fetch' | 'integrate' | 'push' | 'uncommitted',
  happen: () => void,
): Promise<WorkingTree> {
  const tree = await here.open();
  let due = true;
  const first = <A extends readonly unknown[], R>(call: (...args: A) => R) => {
    return (...args: A): R => {
      if (due) happen();
      due = false;
      return call(...args);
    };
  };
  return { ...tree, [verb]: first(tree[verb] as (...args: readonly unknown[]) => unknown) };
}

describe('what happens while a run is under way', () => {
  const VERBS = ['snapshot', 'fetch', 'integrate', 'push', 'uncommitted'] as const;

  beforeEach(async () => {
    there.write('README.md', 'hello\nfrom there\n');
    there.write('new.txt', 'new\n');
    await there.run();
  });

  it.each(VERBS)('a save just before %s is part of the same run, or of the next', async (verb) => {
    here.write('other.txt', 'mine\n');
    const tree = await interrupted(verb, () => {
      here.write('README.md', 'SAVED\n');
      here.write('new.txt', 'SAVED TOO\n');
    });
    await here.run({}, { tree });
    // What had been put in place already is what he saved over.
    const theirs = verb === 'push' || verb === 'uncommitted' ? [] : ['from there', 'new\n'];
    await expectConverged(world, { tokens: ['SAVED\n', 'SAVED TOO\n', 'mine\n', ...theirs] });
  });

  it.each(VERBS)('a commit by hand just before %s stays', async (verb) => {
    here.write('other.txt', 'mine\n');
    const tree = await interrupted(verb, () => {
      here.write('hand.txt', 'BY HAND\n');
      here.git('add', 'hand.txt');
      here.git('commit', '-q', '-m', 'by hand');
    });
    await here.run({}, { tree });
    await expectConverged(world, { tokens: ['BY HAND', 'from there', 'mine\n'] });
    expect(here.git('log', '--format=%s')).toContain('by hand');
  });

  it.each(VERBS)('what is staged just before %s stays staged or becomes part of a snapshot', async (verb) => {
    here.write('other.txt', 'mine\n');
    const tree = await interrupted(verb, () => {
      here.write('staged.txt', 'STAGED\n');
      here.git('add', 'staged.txt');
      here.write('staged.txt', 'STAGED\nand edited\n');
    });
    await here.run({}, { tree });
    const versions = [here.git('log', '--all', '-p', '--', 'staged.txt'), here.git('show', ':staged.txt')].join('\n');
    expect(versions).toContain('STAGED');
    expect(here.read('staged.txt')).toBe('STAGED\nand edited\n');
  });

  it.each(VERBS)('a branch switched just before %s is not moved', async (verb) => {
    const tree = await interrupted(verb, () => here.git('switch', '-q', '-c', 'other'));
    const head = here.git('rev-parse', 'HEAD');
    here.write('other.txt', 'mine\n');
    await here.run({}, { tree });
    expect(here.git('merge-base', 'other', head)).toBe(head);
    expect(here.git('status', '--porcelain').replace('?? other.txt', '')).toBe('');
    here.git('switch', '-q', 'main');
    await expectConverged(world, { tokens: ['from there'] });
  });

  it('a program that writes to an old version afterwards is heard by the next run', async () => {
    const file = openSync(join(here.top, 'README.md'), 'a');
    await here.run();
    expect(here.read('README.md')).toBe('hello\nfrom there\n');
    writeSync(file, 'LATE\n');
    closeSync(file);
    await here.run();
    await expectConverged(world, { tokens: ['hello\nLATE\n', 'hello\nfrom there\n'] });
  });

  it('a placement that was killed after its commit is not taken back once the person has committed since', async () => {
    await here.run();
    const ours = join(here.top, '.git/autosync');
    const [aside = ''] = readdirSync(ours).filter((name) => name.startsWith('aside-'));
    renameSync(join(ours, aside), join(ours, 'placement'));
    (await here.open()).begin();
    here.write('hand.txt', 'BY HAND\n');
    here.git('add', '.');
    here.git('commit', '-q', '-m', 'by hand');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
    await expectConverged(world, { tokens: ['BY HAND', 'from there', 'new\n'] });
  });
});

describe('files that are put in place', () => {
  it('keep the permissions that the old ones had', async () => {
    here.write('secret.txt', 'one\n');
    here.write('run.sh', 'one\n');
    await here.run();
    await there.run();
    chmodSync(join(here.top, 'secret.txt'), 0o600);
    chmodSync(join(here.top, 'run.sh'), 0o640);
    there.write('secret.txt', 'two\n');
    there.write('run.sh', 'two\n');
    chmodSync(join(there.top, 'run.sh'), 0o755);
    await there.run();
    await here.run();
    const modeOf = (name: string): string => (statSync(join(here.top, name)).mode & 0o777).toString(8);
    expect(here.read('secret.txt')).toBe('two\n');
    expect([modeOf('secret.txt'), modeOf('run.sh')]).toEqual(['600', '750']);
  });

  it('are not touched again by the next run, which would make git doubt its index', async () => {
    there.write('README.md', 'theirs\n');
    await there.run();
    await here.run();
    const { nlink, ctimeMs } = statSync(join(here.top, 'README.md'));
    expect(nlink).toBe(1);
    await here.run();
    expect(statSync(join(here.top, 'README.md')).ctimeMs).toBe(ctimeMs);
  });

  it('leave no empty folders behind', async () => {
    here.write('a/b/c/file.txt', 'one\n');
    await here.run();
    await there.run();
    there.rename('a/b/c/file.txt', 'elsewhere.txt');
    rmSync(join(there.top, 'a'), { recursive: true });
    await there.run();
    await here.run();
    expect(existsSync(join(here.top, 'a'))).toBe(false);
  });

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
