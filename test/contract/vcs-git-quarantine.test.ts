import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../support/needs.js';
import { runAsNobody } from '../support/run-as.js';
import { addSubmodule } from '../support/submodule.js';
import { createWorld, git, type Machine, type World } from '../support/world.js';

let world: World;
let here: Machine;
let there: Machine;

beforeEach(() => {
  world = createWorld('here', 'there');
  [here, there] = world.machines as [Machine, Machine];
});
afterEach(() => world.remove());

const at = (path: string): string => join(here.top, path);

describe.skipIf(!needs('useradd as root'))('for an ordinary user, who may not read everything,', () => {
  it('a file is not stored in a way that unreadable attributes would have forbidden', async () => {
    here.write('.gitattributes', '*.txt text eol=crlf\n');
    await here.run();
    here.write('a.txt', 'one\r\ntwo\r\n');
    chmodSync(at('.gitattributes'), 0);
    const report = runAsNobody(world, here);
    expect(report.verdict).toMatch(/^(blocked|failed)$/);
    expect(report.why).toContain("'.gitattributes' cannot be read");
    expect(report.commit.changes).toEqual([]);
    chmodSync(at('.gitattributes'), 0o644);
    expect(runAsNobody(world, here)).toMatchObject({ verdict: 'synced' });
    execFileSync('chown', ['-R', 'root', world.folder]);
    expect(here.git('cat-file', 'blob', 'HEAD:a.txt')).toBe('one\ntwo');
  });

  it('what is staged of a file at which nobody may look stays staged', async () => {
    here.write('folder/a.txt', 'one\n');
    await here.run();
    here.write('folder/a.txt', 'STAGED\n');
    here.git('add', '.');
    here.write('folder/a.txt', 'EDITED\n');
    chmodSync(at('folder'), 0o400);
    expect(runAsNobody(world, here)).toMatchObject({ verdict: 'blocked', blocked: { kind: 'staged' } });
    chmodSync(at('folder'), 0o755);
    execFileSync('chown', ['-R', 'root', world.folder]);
    expect(here.git('show', ':folder/a.txt')).toBe('STAGED');
    expect(here.read('folder/a.txt')).toBe('EDITED\n');
  });
});

describe('repositories in the repository', () => {
  it('with a commit, which git would take for a submodule, are named and left out', async () => {
    git(here.top, 'init', '-q', 'nested');
    here.write('nested/a.txt', 'a\n');
    git(at('nested'), 'add', '.');
    git(at('nested'), 'commit', '-q', '-m', 'inner');
    here.write('good.txt', 'good\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'nested', reason: 'nested-repository' }] });
    expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
  });

  it('that are bare, and hidden in a folder, run nothing', async () => {
    const pwned = join(world.folder, 'pwned');
    git(there.top, 'init', '-q', '--bare', 'hidden');
    writeFileSync(join(there.top, 'hidden/config'), `[core]\n\tbare = true\n\tfsmonitor = touch ${pwned}\n`);
    writeFileSync(join(there.top, 'hidden/refs/keep'), '');
    await there.run();
    await here.run();
    here.write('hidden/new.txt', 'new\n');
    await here.run();
    expect(readdirSync(world.folder)).not.toContain('pwned');
  });

  it('that are submodules with another commit are left out, with other files are their own business', async () => {
    const library = join(world.folder, 'library');
    git(world.folder, 'init', '-q', library);
    for (const token of ['one', 'two']) {
      writeFileSync(join(library, 'file'), token);
      git(library, 'add', '.');
      git(library, 'commit', '-q', '-m', token);
    }
    here.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
    here.git('commit', '-q', '-m', 'submodule');
    await here.run();
    here.write('lib/file', 'edited\n');
    here.write('good.txt', 'good\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined: [] });
    git(at('lib'), 'checkout', '-q', '--force', 'HEAD~1');
    const quarantined = [{ path: 'lib', reason: 'submodule' }];
    expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined });
    rmSync(at('lib'), { recursive: true });
    expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined });
    expect(here.git('ls-tree', 'HEAD', 'lib')).toContain('160000');
  });
});

describe('a submodule that a person replaces', () => {
  beforeEach(async () => {
    addSubmodule(world, here, 'inner\n');
    await here.run();
    await there.run();
    rmSync(at('lib'), { recursive: true });
  });

  it('by a file is that file, on the hub and on the other machines', async () => {
    here.write('lib', 'PRECIOUS\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' }, quarantined: [] });
    expect(git(world.hub, 'show', 'main:lib')).toBe('PRECIOUS');
    expect(await there.run()).toMatchObject({ verdict: 'synced' });
    expect(there.read('lib')).toBe('PRECIOUS\n');
    expect(here.status()).toBe('');
  });

  it('by a link is that link', async () => {
    here.link('README.md', 'lib');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' } });
    expect(git(world.hub, 'ls-tree', 'main', 'lib')).toContain('120000');
  });

  it('by an ordinary folder is named, since git says nothing of what is in it', async () => {
    here.write('lib/precious', 'PRECIOUS\n');
    here.write('other.txt', 'other\n');
    const quarantined = [{ path: 'lib', reason: 'submodule' }];
    expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined });
    expect(git(world.hub, 'show', 'main:other.txt')).toBe('other');
    const { uncommitted } = await here.open();
    expect(await uncommitted()).toEqual(['lib']);
    expect(here.read('lib/precious')).toBe('PRECIOUS\n');
  });

  it('is not looked for outside of the tree, whatever a push says', async () => {
    const outside = '[submodule "a"]\n\tpath = ../outside\n\turl = x\n[submodule "b"]\n\tpath = /etc\n\turl = x\n';
    there.write('.gitmodules', outside);
    await there.run();
    expect((await here.run()).verdict).toBe('synced');
    expect((await here.run()).verdict).toBe('synced');
  });

  it('by a file that is not to be taken is named for it', async () => {
    here.write('lib', 'x'.repeat(200));
    const quarantined = [{ path: 'lib', reason: 'too-large' }];
    expect(await here.run({ maxFileBytes: 100 })).toMatchObject({ verdict: 'synced', quarantined });
    const { uncommitted } = await here.open();
    expect(await uncommitted()).toEqual(['lib']);
  });

  it('by a file that was staged, and edited since, is somebody composing a commit', async () => {
    here.write('lib', 'STAGED\n');
    here.git('add', 'lib');
    here.write('lib', 'EDITED\n');
    expect(await here.run()).toMatchObject({ verdict: 'blocked', blocked: { kind: 'staged' } });
    expect(here.git('show', ':lib')).toBe('STAGED');
  });

  it('by a file is in the backup, too', async () => {
    here.write('lib', 'PRECIOUS\n');
    expect(await here.run({ mode: 'backup' })).toMatchObject({ verdict: 'synced' });
    expect(git(world.hub, 'show', 'autosync/here/main:lib')).toBe('PRECIOUS');
    here.write('lib', 'EDITED\n');
    const { uncommitted } = await here.open({ mode: 'backup' });
    expect(await uncommitted()).toEqual(['lib']);
  });
});

describe('a folder that a person replaces by a link', () => {
  it('is gone from the hub, and nothing of it is said to be unreadable', async () => {
    for (const name of ['x', 'y']) here.write(`notes/${name}`, `${name}\n`);
    here.write('other.txt', 'other\n');
    await here.run();
    await there.run();
    renameSync(at('notes'), join(world.folder, 'elsewhere'));
    here.link('../elsewhere', 'notes');
    expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined: [] });
    expect(git(world.hub, 'ls-tree', '-r', '--name-only', 'main').split('\n')).toEqual([
      'README.md',
      'notes',
      'other.txt',
    ]);
    expect(here.status()).toBe('');
    await there.run();
    expect(there.files()).toEqual(here.files());
  });
});

describe('a file that a person replaces by a repository', () => {
  it('is named, and never published as a submodule', async () => {
    here.remove('README.md');
    git(here.top, 'init', '-q', 'README.md');
    here.write('README.md/a.txt', 'a\n');
    git(at('README.md'), 'add', '.');
    git(at('README.md'), 'commit', '-q', '-m', 'inner');
    here.write('good.txt', 'good\n');
    const quarantined = [{ path: 'README.md', reason: 'nested-repository' }];
    expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined });
    expect(git(world.hub, 'ls-tree', 'main', 'README.md')).toContain('100644');
  });
});
