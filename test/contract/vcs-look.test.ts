import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitMessages } from '../../src/engine/commit-message.js';
import { asAbsolute } from '../../src/model/paths.js';
import { systemClock } from '../../src/system/clock.js';
import { systemOf } from '../../src/vcs/index.js';
import type { Look } from '../../src/vcs/vcs.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { addSubmodule } from '../support/submodule.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { Machine, World } from '../support/world.js';

describe.each(HARNESSES.filter(({ name }) => needs(name)))('a look, with $name', (vcs) => {
  let world: World<Desk>;
  let here: Desk;
  const path = process.env['PATH'];

  beforeEach(async () => {
    world = vcs.createWorld('here', 'there');
    [here] = world.machines as [Desk];
    here.write('a.md', 'one\n');
    here.write('folder/b.md', 'two\n');
    // Long ago: what was saved a moment before a commit hg itself has to look at again.
    for (const name of ['a.md', 'folder/b.md', 'README.md']) utimesSync(join(here.top, name), 1e9, 1e9);
    await here.run();
    here.status();
  });
  afterEach(() => {
    process.env['PATH'] = path;
    world.remove();
  });

  const look = async (): Promise<Look | undefined> => {
    const { now, sleep } = systemClock;
    const { settings } = here;
    return await systemOf(vcs.name)?.look(asAbsolute(here.top), {
      settings,
      messages: commitMessages(settings),
      now,
      sleep,
    });
  };
  /** What the tree says when it is opened, and asked everything. */
  const asked = async (): Promise<Look> => {
    const tree = await here.open();
    const { branch } = await tree.inspect();
    return { branch, unpushed: await tree.unpushed(branch), uncommitted: (await tree.uncommitted()).length };
  };

  /** Counts the programs that are started meanwhile. */
  async function startsOf(work: () => Promise<unknown>): Promise<number> {
    const real = execFileSync('sh', ['-c', `command -v ${vcs.name}`], { encoding: 'utf8' }).trim();
    const folder = join(world.folder, 'bin');
    const list = join(world.folder, 'starts');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, vcs.name), `#!/bin/sh\necho start >>'${list}'\nexec '${real}' "$@"\n`);
    chmodSync(join(folder, vcs.name), 0o755);
    writeFileSync(list, '');
    process.env['PATH'] = `${folder}:${path}`;
    await work();
    process.env['PATH'] = path;
    return readFileSync(list, 'utf8').split('\n').length - 1;
  }

  it('at a tree in step starts git once, and hg not at all', async () => {
    expect(await look()).toEqual({ branch: world.branch, unpushed: 0, uncommitted: 0 });
    expect(await startsOf(look)).toBe(vcs.name === 'git' ? 1 : 0);
  });

  it('at a tree with something new in it starts one program', async () => {
    here.write('new.md', 'new\n');
    expect(await look()).toMatchObject({ unpushed: 0, uncommitted: 1 });
    expect(await startsOf(look)).toBe(1);
  });

  const CHANGES: Readonly<Record<string, () => void>> = {
    'a file of the same size': () => here.write('a.md', 'eno\n'),
    'a file with the same time': () => {
      here.write('a.md', 'one and more\n');
      utimesSync(join(here.top, 'a.md'), 1e9, 1e9);
    },
    'a file that may be executed now': () => chmodSync(join(here.top, 'a.md'), 0o755),
    'a file that is gone': () => here.remove('a.md'),
    'a file that is a link now': () => {
      here.remove('a.md');
      here.link('README.md', 'a.md');
    },
    'a file that is a folder now': () => {
      here.remove('a.md');
      here.write('a.md/inside', 'one\n');
    },
    'a new file in a new folder': () => here.write('new/folder/c.md', 'three\n'),
    'an ignored file': () => {
      vcs.ignore(here, '*.log');
      here.write('debug.log', 'noise\n');
    },
    'a commit by hand': () => {
      here.write('mine.md', 'by hand\n');
      here.commit('By hand');
    },
    'a commit by hand, sent': () => {
      here.write('mine.md', 'by hand\n');
      here.commit('By hand');
      here.send();
    },
    'another branch': () => {
      here.branchOff('other');
      if (vcs.name === 'git') here.switchTo('other');
      here.write('mine.md', 'by hand\n');
      here.commit('By hand');
    },
    'another repository in it': () => vcs.create(join(here.top, 'nested')),
    "a file in a submodule's place": () => {
      if (vcs.name !== 'git') return;
      addSubmodule(world as World<Machine>, here as Machine, 'inner\n');
      here.remove('lib');
      here.write('lib/mine.md', 'in its place\n');
    },
    nothing: () => undefined,
  };

  it.each(Object.keys(CHANGES))('says of %s what the tree itself says', async (name) => {
    CHANGES[name]?.();
    const found = await look();
    expect(found).toEqual(await asked());
    expect(found?.branch).not.toBe('');
  });

  it('sees no repository that lies around a folder', async () => {
    here.write('plain/file.md', 'plain\n');
    const { now, sleep } = systemClock;
    const { settings } = here;
    const inside = asAbsolute(join(here.top, 'plain'));
    const options = { settings, messages: commitMessages(settings), now, sleep };
    expect(await systemOf(vcs.name)?.look(inside, options)).toBeUndefined();
  });
});
