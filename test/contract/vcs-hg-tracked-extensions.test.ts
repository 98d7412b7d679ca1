import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { distrustedSettings } from '../../src/commands/hg-trust.js';
import { asAbsolute } from '../../src/model/paths.js';
import { createHgWorld, type HgMachine, type HgWorld, hgMachineAt } from '../support/hg-world.js';
import { needs } from '../support/needs.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;

beforeEach(async () => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
  there.write('tools/x.py', extension('tracked'));
  there.write('tools/package/__init__.py', extension('tracked'));
  there.write('theirs.txt', 'theirs\n');
  await there.run();
  here.hg('pull', '-q', '-u');
});
afterEach(() => {
  process.env['HGRCPATH'] = '';
  world.remove();
});

/** An extension that says that it was loaded, in the file that `loaded` reads. */
const extension = (word: string): string =>
  `with open(${JSON.stringify(logFile())}, 'a') as log:\n    log.write('${word}\\n')\n`;
const logFile = (): string => join(world.folder, 'log');
const loaded = (): readonly string[] =>
  existsSync(logFile()) ? [...new Set(readFileSync(logFile(), 'utf8').trim().split('\n'))] : [];

/** Adds extensions to a repository's own configuration. */
const extensions = (lines: string): void => appendFileSync(join(here.top, '.hg/hgrc'), `\n[extensions]\n${lines}\n`);

/** Makes both machines change the same file, so that a run merges. */
async function diverge(): Promise<void> {
  there.write('theirs.txt', 'THEIRS\n');
  await there.run();
  here.write('theirs.txt', 'MINE\n');
}

describe.skipIf(!needs('hg'))('an extension of hg that is a file of the working tree', () => {
  it('could have come with a push and is not loaded, however it is named', async () => {
    symlinkSync('tools', join(here.top, 'link'));
    const outside = join(world.folder, 'outside');
    symlinkSync(join(here.top, 'tools'), outside);
    const paths = [
      './tools/x.py',
      'tools/x.py',
      `${here.top}/tools/x.py`,
      '$PWD/tools/x.py',
      './tools/package',
      './link/x.py',
      `${outside}/x.py`,
      './tools/../tools/x.py',
    ];
    extensions(paths.map((path, n) => `x${n} = ${path}`).join('\n'));
    await diverge();
    expect((await here.run()).integrate).toMatchObject({ kind: 'merged' });
    expect(loaded()).toEqual([]);
    here.hg('status');
    expect(loaded()).toEqual(['tracked']);
  });

  it("is not loaded either where another file, or the person's own settings, name it", async () => {
    writeFileSync(join(here.top, '.hg/more.rc'), '[extensions]\nx = ./tools/x.py\n');
    appendFileSync(join(here.top, '.hg/hgrc'), '\n%include more.rc\n');
    const own = join(world.folder, 'own.rc');
    writeFileSync(own, `[extensions]\ny = ${here.top}/tools/x.py\n`);
    await diverge();
    process.env['HGRCPATH'] = own;
    expect((await here.run()).integrate).toMatchObject({ kind: 'merged' });
    expect(loaded()).toEqual([]);
  });

  it('is not loaded in a share of the tree either', async () => {
    extensions(`x = ${here.top}/tools/x.py`);
    const top = join(world.folder, 'share');
    here.hg('--config', 'extensions.share=', '--config', 'extensions.x=!', 'share', '-q', '.', top);
    const share = hgMachineAt(top, 'share');
    share.write('a.txt', 'a\n');
    expect(await share.run()).toMatchObject({ commit: { kind: 'committed' }, push: { kind: 'pushed' } });
    expect(loaded()).toEqual([]);
  });

  it('is told of once, with what to do, and the run goes on', async () => {
    extensions('x = ./tools/x.py\nstrip =');
    here.write('a.txt', 'a\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'pushed' } });
    expect(report.why).toContain("'x'");
    expect(report.why).toContain('tracked-hooks');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    extensions('y = ./tools/package');
    expect((await here.run()).why).toContain("'y'");
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
  });

  it('is loaded with tracked-hooks', async () => {
    extensions('x = ./tools/x.py');
    here.write('a.txt', 'a\n');
    expect(await here.run({ trackedHooks: true })).toMatchObject({ verdict: 'synced' });
    expect(loaded()).toEqual(['tracked']);
  });

  it('is something else than one that lies elsewhere', async () => {
    const folder = join(world.folder, 'elsewhere');
    mkdirSync(folder);
    writeFileSync(join(folder, 'x.py'), extension('elsewhere'));
    extensions(`x = ${folder}/x.py`);
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(loaded()).toEqual(['elsewhere']);
  });
});

describe.skipIf(!needs('hg'))('our own extension', () => {
  it('leaves nothing where autosync is installed, also when only the settings are looked at', async () => {
    await distrustedSettings(asAbsolute(here.top));
    await here.run();
    const beside = readdirSync(join(process.cwd(), 'templates/hg'), { recursive: true, encoding: 'utf8' });
    expect(beside.filter((name) => /hooks\..*\.pyc$/.test(name))).toEqual([]);
  });
});

describe.skipIf(!needs('hg'))('a setting that names a program of the working tree', () => {
  it.each([
    '[alias]\nstatus = !./tools/run\nlog = !./tools/run\ncommit = !./tools/run\npull = !./tools/run',
    '[defaults]\ncommit = --edit\n[ui]\neditor = ./tools/run',
    '[ui]\nmerge = mine\n[merge-patterns]\n** = mine\n[merge-tools]\nmine.executable = ./tools/run\nmine.premerge = False',
    '[pager]\npager = ./tools/run\n[ui]\npaginate = always',
  ])('does not start it: %j', async (settings) => {
    const program = `#!/bin/sh\necho run >>${logFile()}\n`;
    writeFileSync(join(here.top, 'tools/run'), program, { mode: 0o755 });
    await here.run();
    appendFileSync(join(here.top, '.hg/hgrc'), `\n${settings}\n`);
    await diverge();
    expect(await here.run()).toMatchObject({ integrate: { kind: 'merged' }, commit: { kind: 'committed' } });
    expect(loaded()).toEqual([]);
  });
});
