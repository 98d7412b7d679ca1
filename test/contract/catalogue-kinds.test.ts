import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needs, needsThat } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';
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

/** Makes a device that is `/dev/null` under another name; not allowed in every container. */
function device(path: string): boolean {
  try {
    execFileSync('mknod', [path, 'c', '1', '3'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!needsThat('mknod as root', () => device(join(process.env['TMPDIR'] ?? '', 'null'))))(
  'a device',
  () => {
    it('is never opened, is named, and the rest goes on', async () => {
      here.write('new/good.txt', 'GOOD\n');
      device(at('new/null'));
      expect(await here.run()).toMatchObject({
        verdict: 'synced',
        quarantined: [{ path: 'new/null', reason: 'special-file' }],
        commit: { changes: [{ type: 'added', path: 'new/good.txt' }] },
      });
      expect(lstatSync(at('new/null')).isCharacterDevice()).toBe(true);
    });
  },
);

describe('links', () => {
  it('that go round, lead out, or lead nowhere arrive as they are, and what they lead to stays untouched', async () => {
    const outside = join(world.folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'OUTSIDE\n');
    symlinkSync('b', at('a'));
    symlinkSync('a', at('b'));
    symlinkSync(outside, at('out'));
    symlinkSync('../outside/file', at('up'));
    symlinkSync('x'.repeat(1000), at('long'));
    await here.run();
    await there.run();
    there.remove('out');
    there.write('out/file', 'INSIDE\n');
    there.remove('up');
    there.write('up', 'A FILE NOW\n');
    await there.run();
    await expectConverged(world, { tokens: ['INSIDE', 'A FILE NOW'] });
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('OUTSIDE\n');
    expect(readlinkSync(at('long'))).toHaveLength(1000);
  });

  it('that are hard: an incoming version of one name leaves the other name as it is', async () => {
    here.write('one.txt', 'SAME\n');
    const outside = join(world.folder, 'backup.txt');
    linkSync(at('one.txt'), outside);
    linkSync(at('one.txt'), at('two.txt'));
    await here.run();
    await there.run();
    there.write('one.txt', 'THEIRS\n');
    await there.run();
    await here.run();
    expect(here.files()).toMatchObject({ 'one.txt': 'THEIRS\n', 'two.txt': 'SAME\n' });
    expect(readFileSync(outside, 'utf8')).toBe('SAME\n');
    await expectConverged(world);
  });
});

describe('a file', () => {
  it('of no bytes arrives, becomes full, and becomes empty again', async () => {
    for (const content of ['', 'FULL\n', '']) {
      here.write('empty.txt', content);
      await here.run();
      await there.run();
      expect(there.read('empty.txt')).toBe(content);
    }
    await expectConverged(world);
  });

  it('of 200 MB is left out while the limit is 100 MB, and arrives when it may', async () => {
    const piece = randomBytes(1_000_000);
    const file = openSync(at('large.bin'), 'w');
    for (let n = 0; n < 200; n += 1) writeSync(file, piece);
    closeSync(file);
    here.git('config', 'core.compression', '0');
    expect(await here.run()).toMatchObject({ quarantined: [{ path: 'large.bin', reason: 'too-large' }] });
    const settings = { maxFileBytes: 300_000_000, networkTimeoutSeconds: 120 };
    expect(await here.run(settings)).toMatchObject({ verdict: 'synced', quarantined: [] });
    expect(await there.run(settings)).toMatchObject({ verdict: 'synced' });
    expect(statSync(join(there.top, 'large.bin')).size).toBe(200_000_000);
  }, 300_000);

  it('that is one of 10,000 new ones arrives with all of them', async () => {
    mkdirSync(at('many'));
    for (let n = 0; n < 10_000; n += 1) writeFileSync(at(`many/${n}.txt`), `${n}\n`);
    expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined: [] });
    expect(await there.run()).toMatchObject({ verdict: 'synced', integrate: { files: 10_000 } });
    expect(there.git('status', '--porcelain')).toBe('');
    expect(there.read('many/9999.txt')).toBe('9999\n');
  }, 300_000);
});

/** What programs do to a file again and again, each as a script for node that gets its path and a count. */
const WRITERS: readonly (readonly [string, string])[] = [
  ['is appended to', 'fs.appendFileSync(path, "line " + n + "\\n")'],
  ['is rewritten', 'fs.writeFileSync(path, "line " + n + "\\n")'],
  [
    'is saved by renaming',
    'fs.writeFileSync(path + ".tmp~", "line " + n + "\\n"); fs.renameSync(path + ".tmp~", path)',
  ],
  [
    'is saved by an editor that moves the old one aside first',
    'fs.renameSync(path, path + "~"); fs.writeFileSync(path, "line " + n + "\\n")',
  ],
];

describe.each(WRITERS)('a file that %s every 10 ms', (_how, save) => {
  it('never holds up the rest, is never torn, and in the end arrives as it was saved last', async () => {
    here.write('.gitignore', '*~\n');
    here.write('busy.txt', 'line 0\n');
    await here.run();
    await there.run();
    const script = `const fs = require('node:fs'); const path = process.argv[1]; let n = 0;
      process.on('SIGTERM', () => process.exit(0));
      setInterval(() => { n += 1; ${save}; }, 10);`;
    const child = spawn(process.execPath, ['-e', script, at('busy.txt')], { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await expect.poll(() => here.read('busy.txt'), { timeout: 60_000 }).not.toBe('line 0\n');
    for (let turn = 0; turn < 2; turn += 1) {
      here.write(`mine-${turn}.txt`, `MINE-${turn}\n`);
      there.write(`theirs-${turn}.txt`, `THEIRS-${turn}\n`);
      await there.run();
      await here.run({}, { trigger: 'scheduler', random: () => 0 });
      expect(git(world.hub, 'show', `main:mine-${turn}.txt`)).toBe(`MINE-${turn}`);
      for (const version of git(world.hub, 'show', 'main:busy.txt').split('\n')) expect(version).toMatch(/^line \d+$/);
    }
    child.kill();
    await ended;
    // An ignored one that stays here alone.
    if (here.has('busy.txt~')) here.remove('busy.txt~');
    const last = here.read('busy.txt');
    expect(last).toMatch(/^(line \d+\n)+$/);
    await expectConverged(world, { tokens: ['THEIRS-0', 'THEIRS-1'] });
    expect(there.read('busy.txt')).toBe(last);
  });
});

describe('save by rename, as editors do it', () => {
  it('of a file for which a new version comes in: both are kept', async () => {
    here.write('a.txt', 'BASE\n');
    await here.run();
    await there.run();
    there.write('a.txt', 'THEIRS\n');
    await there.run();
    here.write('a.txt.swp', 'MINE\n');
    renameSync(at('a.txt.swp'), at('a.txt'));
    await here.run();
    await expectConverged(world, { tokens: ['THEIRS', 'MINE'] });
  });
});

describe('a repository in the repository', () => {
  it.skipIf(!needs('hg'))('that is a Mercurial one is named and left out, and the rest goes on', async () => {
    execFileSync('hg', ['init', at('inner')]);
    here.write('inner/a.txt', 'INNER\n');
    here.write('good.txt', 'GOOD\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'inner', reason: 'nested-repository' }] });
    await there.run();
    expect(there.has('good.txt')).toBe(true);
    expect(there.has('inner')).toBe(false);
    expect(here.read('inner/a.txt')).toBe('INNER\n');
    expect(execFileSync('hg', ['status', '--cwd', at('inner')], { encoding: 'utf8' })).toContain('a.txt');
  });

  it('that is bare is files like any other, and nothing of it runs', async () => {
    git(here.top, 'init', '-q', '--bare', 'store.git');
    const script = at('store.git/hooks/post-update');
    writeFileSync(script, `#!/bin/sh\ntouch ${join(world.folder, 'pwned')}\n`);
    chmodSync(script, 0o755);
    git(here.top, 'push', '-q', at('store.git'), 'main');
    execFileSync('rm', ['-f', join(world.folder, 'pwned')]);
    here.write('good.txt', 'GOOD\n');
    expect((await here.run()).verdict).toBe('synced');
    await there.run();
    expect(there.has('good.txt')).toBe(true);
    expect(() => statSync(join(world.folder, 'pwned'))).toThrow();
    expect(git(at('store.git'), 'rev-parse', 'main')).toBe(there.git('rev-parse', 'HEAD~1'));
  });
});
