import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHgWorld, type HgMachine, type HgWorld } from '../support/hg-world.js';
import { needs } from '../support/needs.js';

let world: HgWorld;
let here: HgMachine;

beforeEach(() => {
  world = createHgWorld('here', 'there');
  [here] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => world.remove());

describe.skipIf(!needs('hg'))('names that hg cannot hold', () => {
  it.each(['a\nb.txt', 'a\rb.txt', 'folder\r\n/a.txt'])('like %j are named, and the rest is taken', async (name) => {
    here.write(name, 'odd\n');
    here.write('good.txt', 'good\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: name, reason: 'unsupported-name' }] });
    expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
  });
});

describe.skipIf(!needs('hg'))('a name that the person lets hg refuse, since other systems cannot hold it', () => {
  it.each(['a:b', 'aux.txt', 'dot.'])('is named as such, and the rest is taken: %s', async (name) => {
    appendFileSync(join(here.top, '.hg/hgrc'), '[ui]\nportablefilenames = abort\n');
    here.write(name, 'odd\n');
    here.write('good.txt', 'good\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: name, reason: 'unsupported-name' }] });
    expect(report.commit.changes).toEqual([{ type: 'added', path: 'good.txt' }]);
  });
});

describe.skipIf(!needs('hg'))('a file with rules of what to ignore that the person names and that is not there', () => {
  it.each(['~/.hgignore-of-mine', 'rules/ignore', 'README.md/ignore'])('has no rules: %s', async (file) => {
    appendFileSync(join(here.top, '.hg/hgrc'), `[ui]\nignore.mine = ${file}\n`);
    here.write('good.txt', 'good\n');
    const changes = [{ type: 'added', path: 'good.txt' }];
    expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined: [], commit: { changes } });
  });
});

describe.skipIf(!needs('hg'))('a file that hg does not commit', () => {
  it('because an extension objects to it is named, and the rest is taken', async () => {
    here.write('.hgeol', '[patterns]\n**.txt = native\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    appendFileSync(join(here.top, '.hg/hgrc'), '[extensions]\neol =\n');
    here.write('m.txt', 'a\r\nb\n');
    here.write('style', 'good\n');
    here.write('other', 'good\n');
    for (const changes of [['other', 'style'], ['third']]) {
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'm.txt', reason: 'unreadable' }] });
      expect(report.commit.changes).toEqual(changes.map((path) => ({ type: 'added', path })));
      here.write('third', 'good\n');
    }
    here.write('m.txt', 'mended\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined: [] });
  });
});
