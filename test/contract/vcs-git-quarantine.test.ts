import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
