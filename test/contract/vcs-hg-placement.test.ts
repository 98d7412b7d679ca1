import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readlinkSync, renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHgWorld, type HgMachine, type HgWorld } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';
import { runHgProgram } from '../support/run-hg.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;

beforeEach(() => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => world.remove());

/** Returns the working folder of a process. */
const cwdOf = (pid: string): string => readlinkSync(`/proc/${pid}/cwd`);

describe.skipIf(!needs('hg'))('a placement', () => {
  it('that was killed before its commit is taken back, and done again', async () => {
    there.write('README.md', 'hello\nfrom there\n');
    there.write('new.txt', 'new\n');
    await there.run();
    const before = here.head();
    await here.run();
    const ours = join(here.top, '.hg/autosync');
    const [aside = ''] = readdirSync(ours).filter((name) => name.startsWith('aside-'));
    renameSync(join(ours, aside), join(ours, 'placement'));
    here.hg('debugsetparents', before);
    here.hg('debugrebuilddirstate', '-r', before);
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded', files: 2, conflicts: [] } });
    await expectConverged(world, { tokens: ['from there', 'new\n'] });
  });
});

describe.skipIf(!needs('hg'))('a placement where hg tells other programs when other files are tracked', () => {
  it('tells them, too, and only then', async () => {
    // As with `format.use-dirstate-tracked-hint`, which hg knows since 6.2.
    const file = '.hg/dirstate-tracked-hint';
    here.write(file, 'FIRST');
    there.write('README.md', 'changed\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded' } });
    expect(here.read(file)).toBe('FIRST');
    there.write('new.txt', 'new\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded' } });
    expect(here.read(file)).toMatch(/^1\n[0-9a-f]{32}\n$/);
  });
});

/** Commits to the hub what hg itself would refuse; Debian's own python3 has Mercurial's modules. */
function commitHostile(path: string): void {
  const script = fileURLToPath(new URL('../support/hg-manifest.py', import.meta.url));
  execFileSync('/usr/bin/python3', [script, world.hub, path, 'EVIL\n'], { env: { ...process.env, HGRCPATH: '' } });
}

describe.skipIf(!needs('hg'))('a path that hg would not have committed', () => {
  it.each(['/abs/x', '../out', 'a/../../out', 'a//b', 'a/.hg/hgrc'])(
    'is named and kept out, and our work leaves all the same: %s',
    async (path) => {
      commitHostile(path);
      for (const mine of ['MINE\n', 'MINE TOO\n']) {
        const report = await here.run();
        expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'unsupported' } });
        expect(report.why).toContain(`'${path}' comes in`);
        here.write('mine.txt', mine);
      }
      expect(here.savedAside()).toBe(here.head());
      expect(existsSync(join(world.folder, 'out'))).toBe(false);
    },
  );
});

describe.skipIf(!needs('hg'))('a file that hg calls unchanged, and that is not what its commit holds', () => {
  it('is replaced where only its line ends differ, as the person has told hg to see them', async () => {
    for (const { top } of world.machines) appendFileSync(join(top, '.hg/hgrc'), '[extensions]\neol =\n');
    here.write('.hgeol', '[patterns]\n**.txt = LF\n');
    for (const name of ['a.txt', 'b.txt']) here.write(name, 'one\ntwo\n');
    await here.run();
    await there.run();
    for (const name of ['a.txt', 'b.txt']) there.write(name, 'one\r\ntwo\r\n');
    // Of a file whose size it has written down, it would not look at the line ends.
    there.hg('debugrebuilddirstate');
    expect(there.status()).toBe('');
    expect(await there.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
    for (const name of ['a.txt', 'b.txt']) here.write(name, 'one\ntwo\nfour\n');
    await here.run();
    expect(await there.run()).toMatchObject({
      verdict: 'synced',
      integrate: { kind: 'fast-forwarded', conflicts: [] },
    });
    expect([there.read('a.txt'), there.read('b.txt')]).toEqual(['one\ntwo\nfour\n', 'one\ntwo\nfour\n']);
    await expectConverged(world);
  });

  it('is committed before another version takes its place, where its size and time are the old ones', async () => {
    for (const name of ['a.txt', 'b.txt']) here.write(name, 'FIRST\n');
    await here.run();
    await there.run();
    const age = (): void => utimesSync(join(there.top, 'a.txt'), 1_700_000_000, 1_700_000_000);
    age();
    there.status();
    there.write('a.txt', 'OTHER\n');
    age();
    expect(there.status()).toBe('');
    for (const name of ['a.txt', 'b.txt']) here.write(name, 'SECOND\n');
    await here.run();
    expect(await there.run()).toMatchObject({ verdict: 'synced', why: '' });
    await expectConverged(world, { tokens: ['OTHER', 'SECOND'] });
  });
});

describe.skipIf(!needs('hg'))('a run that is killed', () => {
  const end = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once('close', () => resolve()));

  it.each([100, 200, 350, 600])(
    'after %i ms leaves nothing that the next one does not heal, and no hg behind',
    async (milliseconds) => {
      here.write('a.txt', 'MINE\n');
      here.write('mine.txt', 'ONLY MINE\n');
      there.write('a.txt', 'THEIRS\n');
      there.write('README.md', 'CHANGED\n');
      await there.run();
      const args = [runHgProgram(), here.top, JSON.stringify(here.settings)];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const limit = setTimeout(() => child.kill('SIGKILL'), milliseconds);
      await end(child);
      clearTimeout(limit);
      const servers = (): readonly string[] =>
        readdirSync('/proc').filter((pid) => {
          try {
            return /^\d+$/.test(pid) && cwdOf(pid).startsWith(here.top);
          } catch {
            return false;
          }
        });
      await expect.poll(servers, { timeout: 60_000 }).toEqual([]);
      await expectConverged(world, { tokens: ['MINE\n', 'ONLY MINE', 'THEIRS\n', 'CHANGED'] });
    },
  );
});
