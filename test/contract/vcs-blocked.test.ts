import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wholeState } from '../support/oracles.js';
import { createWorld, type Machine, type World } from '../support/world.js';

let world: World;
let here: Machine;
let there: Machine;

beforeEach(() => {
  world = createWorld('here', 'there');
  [here, there] = world.machines as [Machine, Machine];
});
afterEach(() => world.remove());

/** Runs git, which may fail: in a conflict it does. */
const attempt = (...args: readonly string[]): void => {
  spawnSync('git', args, { cwd: here.top, env: { ...process.env, GIT_EDITOR: 'true' } });
};

/** Makes two branches that conflict in README.md; `main` is checked out. */
function diverge(): void {
  here.git('switch', '-q', '-c', 'other');
  here.write('README.md', 'other\n');
  here.git('commit', '-q', '-am', 'other');
  here.git('switch', '-q', 'main');
  here.write('README.md', 'main\n');
  here.git('commit', '-q', '-am', 'main');
}

const STATES: readonly (readonly [string, string, () => void])[] = [
  ['a merge', 'merge', () => attempt('merge', 'other')],
  ['a merge without a conflict', 'merge', () => attempt('merge', '--no-commit', '-s', 'ours', 'other')],
  ['a rebase', 'rebase', () => attempt('rebase', 'other')],
  ['a rebase with the old machinery', 'rebase', () => attempt('rebase', '--apply', 'other')],
  ['a cherry-pick', 'cherry-pick', () => attempt('cherry-pick', 'other')],
  ['a revert', 'revert', () => attempt('revert', '--no-commit', 'HEAD')],
  ['a bisect', 'bisect', () => attempt('bisect', 'start', 'HEAD', 'HEAD~1')],
  ['a detached head', 'detached', () => attempt('switch', '-q', '--detach')],
  [
    'an unresolved stash',
    'unresolved',
    () => {
      here.write('README.md', 'stashed\n');
      attempt('stash');
      here.write('README.md', 'since\n');
      here.git('commit', '-q', '-am', 'since');
      attempt('stash', 'pop');
    },
  ],
];

describe.each(STATES)('in the middle of %s', (_name, kind, enter) => {
  it('not a byte is touched, and it is said how to end it', async () => {
    diverge();
    enter();
    here.write('new.txt', 'new\n');
    there.write('theirs.txt', 'theirs\n');
    await there.run();
    const before = wholeState(here);
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind } });
    expect(report.why).toContain('git ');
    expect(wholeState(here)).toEqual(before);
  });
});

describe('a branch switched by hand', () => {
  it('is synchronised under its own name', async () => {
    here.git('switch', '-q', '-c', 'feature');
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', branch: 'feature' });
    expect(here.git('ls-remote', 'origin', 'refs/heads/feature')).toContain(here.git('rev-parse', 'HEAD'));
    expect(world.hubHead()).toBe(here.git('rev-parse', 'main'));
  });

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

  it.each(['x;touch$IFS-pwned', 'ünï/cödé', '$(touch-pwned)', '%s', "it's", '-x'])(
    'may be named %j',
    async (branch) => {
      here.git('update-ref', `refs/heads/${branch}`, 'HEAD');
      here.git('symbolic-ref', 'HEAD', `refs/heads/${branch}`);
      here.write('a.txt', 'a\n');
      expect(await here.run()).toMatchObject({ verdict: 'synced', branch });
      expect(here.git('ls-remote', 'origin')).toContain(`refs/heads/${branch}`);
      expect(Object.keys(here.files())).toEqual(['README.md', 'a.txt']);
    },
  );

  it('while a placement was being planned makes the run start again', async () => {
    there.write('theirs.txt', 'theirs\n');
    await there.run();
    const tree = await here.open();
    const state = await tree.inspect();
    const fetched = await tree.fetch(state);
    if (fetched.kind !== 'fetched') throw new Error('not fetched');
    here.git('switch', '-q', '-c', 'other');
    const { hub } = fetched;
    const request = { branch: 'main', head: state.head, hub, policy: 'keep-both', quarantined: [] } as const;
    expect(await tree.integrate(request)).toMatchObject({ kind: 'changed-meanwhile' });
    expect(here.has('theirs.txt')).toBe(false);
    expect(here.git('status', '--porcelain')).toBe('');
  });
});

describe('what a killed run left', () => {
  const inGit = (name: string): string => join(here.top, '.git', name);

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
