import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readlinkSync, renameSync } from 'node:fs';
import { join } from 'node:path';
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
      await expect.poll(servers, { timeout: 9000 }).toEqual([]);
      await expectConverged(world, { tokens: ['MINE\n', 'ONLY MINE', 'THEIRS\n', 'CHANGED'] });
    },
  );
});
