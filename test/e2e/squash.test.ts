import { mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHome } from '../support/cli.js';
import { needs } from '../support/needs.js';
import { hgHarness } from '../support/vcs-harness.js';
import { createWorld, type Machine } from '../support/world.js';

describe('the setting squash', () => {
  it('makes one commit of what a machine did away from its hub; undo, history and log still work', () => {
    const world = createWorld('laptop');
    const [laptop] = world.machines as [Machine];
    const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    home.autosync('install', laptop.top, '--scheduler', 'none', '--no-hooks');
    home.autosync('config', laptop.top, 'squash', '1h');
    renameSync(world.hub, `${world.hub}.away`);
    for (const word of ['one', 'two', 'three']) {
      laptop.write('a.md', `${word}\n`);
      home.autosync('snapshot', laptop.top);
    }
    expect(laptop.git('rev-list', '--count', 'HEAD')).toBe('4');
    renameSync(`${world.hub}.away`, world.hub);
    expect(home.autosync('snapshot', laptop.top)).toMatchObject({ code: 0, out: expect.stringContaining('1 commit') });
    expect(laptop.git('log', '--format=%s')).toBe('Added a.md\nfirst');

    const { versions } = JSON.parse(home.autosyncIn(laptop.top, 'history', 'a.md', '--json').out);
    expect(versions).toMatchObject([{ event: 'Added a.md', id: laptop.head() }]);
    expect(home.autosync('log', laptop.top).out).toContain('Modified a.md');
    expect(home.autosync('undo', laptop.top, '--last', '2').code).toBe(0);
    expect(laptop.read('a.md')).toBe('one\n');
    world.remove();
  });

  it.skipIf(!needs('hg'))('is refused for hg, in words', () => {
    const world = hgHarness.createWorld('laptop');
    const [laptop] = world.machines;
    const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    home.autosync('install', laptop?.top ?? '', '--scheduler', 'none', '--no-hooks');
    const { code, err } = home.autosync('config', laptop?.top ?? '', 'squash', '1h');
    expect(code).toBe(2);
    expect(err).toContain(
      "'squash' works with git alone, and this repository is one of hg\n  docs/history.md says why",
    );
    world.remove();
  });
});
