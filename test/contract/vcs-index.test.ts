import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

const indexOf = (machine: Machine): Buffer => readFileSync(join(machine.top, '.git/index'));
const savedAside = (path: string): string => here.git('show', `origin/autosync/here/main:${path}`);
const fetchAside = (): string => here.git('fetch', '-q', 'origin', '+refs/heads/*:refs/remotes/origin/*');

/** Writes a hook that says it was run, and ends with an exit code. */
function hook(folder: string, name: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(folder, name), 0o755);
}

describe("the person's index", () => {
  it('takes part in the snapshot when all that is staged stands so in the files', async () => {
    here.write('a.txt', 'staged\n');
    here.git('add', '.');
    here.git('mv', 'README.md', 'READ.md');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' } });
    expect(here.git('status', '--porcelain')).toBe('');
    await expectConverged(world, { tokens: ['staged'] });
  });

  it('stays bit for bit when something staged differs from its file, and the work leaves the machine', async () => {
    here.write('README.md', 'staged\n');
    here.git('add', '.');
    here.write('README.md', 'staged\nand edited\n');
    here.write('other.txt', 'untracked\n');
    const before = { index: indexOf(here), head: here.git('rev-parse', 'HEAD'), files: here.files() };
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'staged' } });
    expect(report.why).toContain("the work is safe on 'autosync/here/main'");
    expect({ index: indexOf(here), head: here.git('rev-parse', 'HEAD'), files: here.files() }).toEqual(before);
    expect(here.git('show', ':README.md')).toBe('staged');
    fetchAside();
    expect(savedAside('README.md')).toBe('staged\nand edited');
    expect(savedAside('other.txt')).toBe('untracked');
    expect(world.hubHead()).toBe(before.head);
  });

  it('keeps what is staged on a branch without a commit, which does not begin with what the hub has until then', async () => {
    const top = join(world.folder, 'unborn');
    git(world.folder, 'init', '-q', '-b', 'main', top);
    git(top, 'remote', 'add', 'origin', world.hub);
    const machine = machineAt(top, 'unborn');
    machine.write('README.md', 'STAGED\n');
    machine.git('add', '.');
    machine.write('README.md', 'EDITED\n');
    const report = await machine.run();
    expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'staged' } });
    expect(report.why).toContain('git read-tree --empty');
    expect(machine.git('show', ':README.md')).toBe('STAGED');
    expect(machine.files()).toEqual({ 'README.md': 'EDITED\n' });
    machine.git('read-tree', '--empty');
    expect(await machine.run()).toMatchObject({ verdict: 'synced' });
    expect(Object.values(machine.files()).sort()).toEqual(['EDITED\n', 'hello\n']);
  });

  it('sends the work aside once, and again only when there is more of it', async () => {
    here.write('README.md', 'staged\n');
    here.git('add', '.');
    here.write('README.md', 'one\n');
    await here.run();
    const first = here.git('ls-remote', 'origin', 'refs/heads/autosync/here/main');
    await here.run();
    expect(here.git('ls-remote', 'origin', 'refs/heads/autosync/here/main')).toBe(first);
    here.write('README.md', 'two\n');
    await here.run();
    fetchAside();
    expect(savedAside('README.md')).toBe('two');
    expect(here.git('rev-list', 'origin/autosync/here/main')).toContain(first.split('\t')[0]);
  });

  it('begins anew what is set aside where the hub was rid of it, and brings nothing of that back', async () => {
    here.write('README.md', 'staged\n');
    here.git('add', '.');
    here.write('README.md', 'SENT BY MISTAKE\n');
    await here.run();
    git(world.hub, 'branch', '-q', '-D', 'autosync/here/main');
    here.write('README.md', 'one\n');
    expect((await here.run()).why).toContain('the work is safe on');
    fetchAside();
    expect(savedAside('README.md')).toBe('one');
    expect(here.git('log', '-p', 'origin/autosync/here/main')).not.toContain('MISTAKE');
  });

  it('that holds a file which is to be forgotten but stands there still is somebody composing a commit', async () => {
    here.git('rm', '-q', '--cached', 'README.md');
    const before = indexOf(here);
    expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'staged' } });
    expect(indexOf(here)).toEqual(before);
    expect(here.read('README.md')).toBe('hello\n');
  });

  it('with a file that is only intended to be added is a snapshot like any other', async () => {
    here.write('later.txt', 'content\n');
    here.git('add', '-N', 'later.txt');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' } });
    expect(here.git('show', 'HEAD:later.txt')).toBe('content');
    expect(here.git('status', '--porcelain')).toBe('');
  });

  it('does not bring a file into the snapshot that was staged although it is too large', async () => {
    here.write('big.bin', 'x'.repeat(200));
    here.write('good.txt', 'good\n');
    here.git('add', '.');
    const report = await here.run({ maxFileBytes: 100 });
    expect(report.quarantined).toEqual([{ path: 'big.bin', reason: 'too-large' }]);
    expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
    expect(here.has('big.bin')).toBe(true);
  });

  it.each([
    ['after a snapshot', (): void => here.write('a.txt', 'new\n')],
    ['after a merge', (): void => here.write('README.md', 'mine\n')],
  ])('never makes the next plain commit take anything back, %s', async (_when, change) => {
    there.write('b.txt', 'theirs\n');
    there.write('README.md', 'theirs\n');
    await there.run();
    change();
    await here.run();
    const tree = here.git('rev-parse', 'HEAD^{tree}');
    here.git('commit', '-q', '--allow-empty', '-m', 'by hand');
    expect(here.git('rev-parse', 'HEAD^{tree}')).toBe(tree);
    await expectConverged(world);
  });

  it.each(['--assume-unchanged', '--skip-worktree'])(
    'keeps a file edited under %s, and lets the rest go on',
    async (flag) => {
      here.git('update-index', flag, 'README.md');
      here.write('README.md', 'LOCAL EDIT\n');
      expect(await here.run()).toMatchObject({ verdict: 'synced' });
      there.write('README.md', 'theirs\n');
      there.write('b.txt', 'theirs too\n');
      await there.run();
      expect(await here.run()).toMatchObject({ verdict: 'synced' });
      expect(here.read('b.txt')).toBe('theirs too\n');
      expect(Object.values(here.files())).toContain('LOCAL EDIT\n');
      expect(await here.run()).toMatchObject({ verdict: 'synced' });
      await there.run();
      expect(there.read('README.md')).toBe('theirs\n');
    },
  );

  it.each(['--assume-unchanged', '--skip-worktree'])(
    'takes a file that is gone under %s for unchanged, whatever the others do with it',
    async (flag) => {
      const paths = ['kept.txt', 'changed.txt', 'removed.txt', 'folder/alone.txt'];
      for (const path of paths) here.write(path, `${path}\n`);
      await here.run();
      await there.run();
      here.git('update-index', flag, ...paths);
      for (const path of [...paths.slice(0, 3), 'folder']) here.remove(path);
      here.write('mine.txt', 'mine\n');
      there.write('changed.txt', 'theirs\n');
      there.remove('removed.txt');
      await there.run();
      for (let turn = 0; turn < 2; turn += 1) expect(await here.run()).toMatchObject({ verdict: 'synced' });
      await there.run();
      expect(there.files()).toEqual({
        'README.md': 'hello\n',
        'kept.txt': 'kept.txt\n',
        'changed.txt': 'theirs\n',
        'folder/alone.txt': 'folder/alone.txt\n',
        'mine.txt': 'mine\n',
      });
    },
  );

  it.each([
    ['removed', 'rm', 'hello\n'],
    ['edited', 'echo SECRET >', 'SECRET\n'],
  ])('does not see what git was told not to look at when it is %s while files come in', async (_how, deed, kept) => {
    const changed = join(world.folder, 'changed');
    const late = `[ -e '${changed}' ] || { touch '${changed}'; ${deed} '${here.top}/README.md'; }; cat`;
    here.git('config', 'filter.late.smudge', late);
    writeFileSync(join(here.top, '.git/info/attributes'), 'b.txt filter=late\n');
    here.git('update-index', '--assume-unchanged', 'README.md');
    there.write('README.md', 'theirs\n');
    there.write('b.txt', 'theirs too\n');
    await there.run();
    for (let turn = 0; turn < 2; turn += 1) expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(existsSync(changed)).toBe(true);
    expect(here.git('ls-files', '-v', 'README.md')).toBe('h README.md');
    expect(Object.values(here.files())).toContain(kept === 'hello\n' ? 'theirs\n' : kept);
    expect(here.git('log', '--all', '-p')).not.toContain('SECRET');
    await there.run();
    expect(there.files()).toEqual({ 'README.md': 'theirs\n', 'b.txt': 'theirs too\n' });
  });

  it('keeps its flags when a file that was staged is left out after all', async () => {
    here.git('update-index', '--assume-unchanged', 'README.md');
    here.write('README.md', `${'x'.repeat(200)}\n`);
    const id = here.git('hash-object', '-w', 'README.md');
    here.git('update-index', '--cacheinfo', `100644,${id},README.md`);
    here.git('update-index', '--assume-unchanged', 'README.md');
    here.write('a.txt', 'a\n');
    expect(await here.run({ maxFileBytes: 100 })).toMatchObject({ commit: { changes: [{ path: 'a.txt' }] } });
    here.remove('README.md');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(here.committed()).toContain('README.md');
  });

  it('of a sparse checkout keeps what is left out of it left out, and deletes nothing', async () => {
    there.write('in/a.txt', 'in\n');
    there.write('out/a.txt', 'out\n');
    await there.run();
    await here.run();
    here.git('sparse-checkout', 'set', 'in');
    expect(here.has('out/a.txt')).toBe(false);
    there.write('in/a.txt', 'in again\n');
    there.write('out/a.txt', 'out again\n');
    there.write('out/b.txt', 'new outside\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(here.read('in/a.txt')).toBe('in again\n');
    expect(here.has('out/a.txt')).toBe(false);
    here.write('in/b.txt', 'mine\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    await there.run();
    expect(there.files()).toMatchObject({
      'out/a.txt': 'out again\n',
      'out/b.txt': 'new outside\n',
      'in/b.txt': 'mine\n',
    });
  });
});

describe('a file that stands where a folder was', () => {
  it('is left out where a sparse checkout leaves the folder out, which stays with the others', async () => {
    for (const path of ['in/a.txt', 'out/a.txt', 'out/b.txt']) there.write(path, `${path}\n`);
    await there.run();
    await here.run();
    here.git('sparse-checkout', 'set', 'in');
    here.write('out', 'MINE\n');
    here.write('in/b.txt', 'in/b.txt\n');
    const report = await here.run();
    expect(report.quarantined).toEqual([{ path: 'out', reason: 'unsupported-name' }]);
    expect(report.commit.changes).toEqual([{ type: 'added', path: 'in/b.txt' }]);
    there.write('out/a.txt', 'theirs\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced', blocked: null });
    expect(here.read('out')).toBe('MINE\n');
    expect(there.files()).toMatchObject({
      'in/b.txt': 'in/b.txt\n',
      'out/a.txt': 'theirs\n',
      'out/b.txt': 'out/b.txt\n',
    });
  });

  it('takes its place, and a folder that of a file', async () => {
    here.write('folder/a.txt', 'a\n');
    await here.run();
    for (const path of ['folder', 'README.md']) here.remove(path);
    here.write('folder', 'FILE\n');
    here.write('README.md/a.txt', 'IN FOLDER\n');
    expect(await here.run({}, { allowDeletions: true })).toMatchObject({ verdict: 'synced', quarantined: [] });
    await expectConverged(world, { tokens: ['FILE', 'IN FOLDER'] });
  });
});

describe("the person's hooks", () => {
  const hooks = (): string => join(here.top, '.git/hooks');

  it('pre-commit may refuse: nothing is committed, and the work leaves the machine all the same', async () => {
    hook(hooks(), 'pre-commit', 'echo "no TODO, please" >&2; exit 1');
    here.write('a.txt', 'TODO\n');
    const before = { index: indexOf(here), head: here.git('rev-parse', 'HEAD') };
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'attention', commit: { kind: 'refused' } });
    expect(report.why).toContain('no TODO, please');
    expect({ index: indexOf(here), head: here.git('rev-parse', 'HEAD') }).toEqual(before);
    fetchAside();
    expect(savedAside('a.txt')).toBe('TODO');
  });

  it('pre-commit may change what is committed', async () => {
    hook(hooks(), 'pre-commit', 'echo formatted > a.txt && git add a.txt');
    here.write('a.txt', 'raw\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(here.git('show', 'HEAD:a.txt')).toBe('formatted');
    expect(here.git('status', '--porcelain')).toBe('');
  });

  it('commit-msg may rewrite the message, and may refuse it', async () => {
    hook(hooks(), 'commit-msg', 'echo "Ticket: 7" >> "$1"');
    here.write('a.txt', 'a\n');
    await here.run();
    expect(here.git('log', '-1', '--format=%B')).toContain('Autosync-Machine: here\nTicket: 7');
    hook(hooks(), 'commit-msg', 'exit 1');
    here.write('b.txt', 'b\n');
    expect(await here.run()).toMatchObject({ verdict: 'attention', commit: { kind: 'refused' } });
  });

  it.each([
    ['core.hooksPath is a tracked folder', 'config'],
    ['a hook is a link to a tracked script', 'link'],
  ])('are not run when they came with a push: %s', async (_how, kind) => {
    const pwned = join(world.folder, 'pwned');
    hook(join(there.top, '.githooks'), 'pre-commit', `touch ${pwned}`);
    hook(join(there.top, '.githooks'), 'commit-msg', `touch ${pwned}`);
    await there.run();
    await here.run();
    if (kind === 'config') here.git('config', 'core.hooksPath', '.githooks');
    else {
      for (const name of ['pre-commit', 'commit-msg']) {
        symlinkSync(join(here.top, '.githooks', name), join(here.top, '.git/hooks', name));
      }
    }
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(() => readFileSync(pwned)).toThrow();
    here.write('b.txt', 'b\n');
    await here.run({ trackedHooks: true });
    expect(readFileSync(pwned, 'utf8')).toBe('');
  });

  it.each([
    ['core.hooksPath is a tracked folder', 'config'],
    ['a hook of git is a link to it', 'link'],
  ])('are not run when a link that came with a push leads to them: %s', async (_how, kind) => {
    const pwned = join(world.folder, 'pwned');
    hook(join(world.folder, 'elsewhere'), 'script', `touch ${pwned}`);
    mkdirSync(join(there.top, '.githooks'));
    for (const name of ['pre-commit', 'commit-msg'])
      symlinkSync(join(world.folder, 'elsewhere', 'script'), join(there.top, '.githooks', name));
    await there.run();
    await here.run();
    if (kind === 'config') here.git('config', 'core.hooksPath', '.githooks');
    else symlinkSync('../../.githooks/pre-commit', join(here.top, '.git/hooks/pre-commit'));
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(existsSync(pwned)).toBe(false);
  });

  it('other than these two are never run by us', async () => {
    const ran = join(world.folder, 'ran');
    const names = ['post-commit', 'post-checkout', 'post-merge', 'post-rewrite', 'pre-push', 'pre-merge-commit'];
    const more = [
      'prepare-commit-msg',
      'reference-transaction',
      'post-index-change',
      'pre-rebase',
      'fsmonitor-watchman',
    ];
    for (const name of [...names, ...more]) hook(hooks(), name, `echo ${name} >> ${ran}; exit 1`);
    there.write('README.md', 'theirs\n');
    await there.run();
    here.write('README.md', 'mine\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    expect(() => readFileSync(ran)).toThrow();
  });
});

describe('a configuration that breaks scripts', () => {
  it('changes nothing, and runs nothing', async () => {
    const pwned = join(world.folder, 'pwned');
    hook(world.folder, 'program', `touch ${pwned}; exit 1`);
    const program = join(world.folder, 'program');
    const settings: readonly (readonly [string, string])[] = [
      ['status.showUntrackedFiles', 'no'],
      ['status.relativePaths', 'true'],
      ['status.branch', 'false'],
      ['color.ui', 'always'],
      ['color.status', 'always'],
      ['color.diff', 'always'],
      ['push.default', 'nothing'],
      ['push.gpgSign', 'true'],
      ['pull.ff', 'only'],
      ['merge.ff', 'no'],
      ['merge.conflictStyle', 'zdiff3'],
      ['merge.renames', 'false'],
      ['core.quotePath', 'true'],
      ['core.commentChar', 'A'],
      ['commit.gpgSign', 'true'],
      ['commit.cleanup', 'strip'],
      ['commit.template', '/nowhere'],
      ['gpg.program', program],
      ['diff.external', program],
      ['diff.noprefix', 'true'],
      ['diff.renames', 'false'],
      ['core.fsmonitor', program],
      ['core.pager', program],
      ['core.editor', program],
      ['core.askPass', program],
      ['log.showSignature', 'true'],
      ['log.date', 'relative'],
      ['log.decorate', 'full'],
      ['fetch.prune', 'true'],
      ['fetch.pruneTags', 'true'],
      ['alias.status', `!${program}`],
      ['alias.push', `!${program}`],
      ['core.splitIndex', 'true'],
      ['core.untrackedCache', 'true'],
      ['feature.manyFiles', 'true'],
      ['i18n.commitEncoding', 'ISO-8859-1'],
      ['core.logAllRefUpdates', 'always'],
    ];
    for (const [name, value] of settings) here.git('config', name, value);
    there.write('README.md', 'theirs\n');
    there.write('straße.txt', 'theirs\n');
    await there.run();
    here.write('README.md', 'mine\n');
    here.write('für/ünicode.txt', 'mine\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
    expect(() => readFileSync(pwned)).toThrow();
    // From here on it is the test's own git that looks.
    for (const [name] of settings) here.git('config', '--unset-all', name);
    await expectConverged(world, { tokens: ['mine', 'theirs'] });
  });

  it('without an identity is no reason to lose anything', async () => {
    writeFileSync(join(process.env['HOME'] ?? '', '.gitconfig'), '[user]\n\tuseConfigOnly = true\n');
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(here.git('log', '-1', '--format=%an')).toMatch(/ on here$/);
  });
});
