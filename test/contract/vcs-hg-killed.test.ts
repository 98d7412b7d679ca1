import { chmodSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Action, type Cut, canCut, runCut } from '../support/cut.js';
import { createHgWorld, type HgMachine, type HgWorld, hgMachineAt } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { runHgProgram } from '../support/run-hg.js';

/** Something that is cut, with the texts that must be in every tree when all is healed. */
type Operation = {
  readonly name: string;
  readonly prepare: (here: HgMachine, there: HgMachine) => Promise<void>;
  readonly tokens: readonly string[];
};

/** What both machines begin with. */
async function begin(here: HgMachine, there: HgMachine): Promise<void> {
  here.write('edited.txt', 'first\n\n\nmiddle\n\n\nlast\n');
  here.write('moved.txt', 'is renamed\nwith a few\nlines in it\n');
  here.write('folder/gone.txt', 'goes away\n');
  here.write('run.sh', '#!/bin/sh\n');
  await here.run();
  await there.run();
}

function work(machine: HgMachine, token: string, line: 'first' | 'last'): void {
  machine.write('edited.txt', 'first\n\n\nmiddle\n\n\nlast\n'.replace(line, `${line} ${token}`));
  machine.write(`new/${token}.txt`, `${token} added\n`);
}

const OPERATIONS: readonly Operation[] = [
  {
    name: 'a snapshot and its push',
    prepare: async (here) => {
      work(here, 'HERE', 'first');
      here.rename('moved.txt', 'elsewhere/moved.txt');
      here.remove('folder/gone.txt');
      chmodSync(join(here.top, 'run.sh'), 0o755);
    },
    tokens: ['first HERE', 'HERE added', 'is renamed'],
  },
  {
    name: 'a fast-forward',
    prepare: async (_here, there) => {
      work(there, 'THERE', 'last');
      there.rename('moved.txt', 'elsewhere/moved.txt');
      there.remove('folder');
      await there.run();
    },
    tokens: ['last THERE', 'THERE added', 'is renamed'],
  },
  {
    name: 'a merge',
    prepare: async (here, there) => {
      work(there, 'THERE', 'last');
      there.rename('moved.txt', 'elsewhere/moved.txt');
      await there.run();
      work(here, 'HERE', 'first');
    },
    tokens: ['first HERE', 'last THERE', 'HERE added', 'THERE added'],
  },
  {
    name: 'a conflict',
    prepare: async (here, there) => {
      work(there, 'THERE', 'first');
      there.write('both.txt', 'THERE both\n');
      await there.run();
      work(here, 'HERE', 'first');
      here.write('both.txt', 'HERE both\n');
    },
    tokens: ['first HERE', 'first THERE', 'HERE both', 'THERE both'],
  },
];

/** So many points of each operation, evenly spread over the calls with which it changes files. */
const POINTS = process.env['AUTOSYNC_TEST_TORTURE'] === undefined ? 4 : 40;

describe.skipIf(!needs('hg') || !canCut()).each(OPERATIONS)('$name', ({ name, prepare, tokens }) => {
  let calls: number;

  /** Makes the world as it is just before. */
  async function fresh(): Promise<HgWorld> {
    const world = createHgWorld('here', 'there');
    const [here, there] = world.machines as [HgMachine, HgMachine];
    await begin(here, there);
    await prepare(here, there);
    return world;
  }

  function cut(world: HgWorld, action: Action, at: number, matching?: string): Promise<Cut> {
    const folder = realpathSync(world.folder);
    const here = hgMachineAt(join(folder, 'here'), 'here');
    const command = [process.execPath, runHgProgram(), here.top, JSON.stringify(here.settings)];
    // Calls that go through a ring of the kernel's could not be stopped at.
    const env = { ...process.env, UV_USE_IO_URING: '0' };
    const where = matching === undefined ? { at } : { at, matching };
    return runCut({ command, cwd: folder, env, below: here.top, action, ...where });
  }

  beforeAll(async () => {
    const world = await fresh();
    const undisturbed = await cut(world, { kind: 'nothing' }, 0);
    expect(undisturbed.out).toBe('synced');
    ({ calls } = undisturbed);
    rmSync(world.folder, { recursive: true });
  });

  /** Demands that the next runs bring everything together, after one was killed. */
  async function expectHealed(world: HgWorld): Promise<void> {
    const [here, there] = world.machines as [HgMachine, HgMachine];
    const report = await here.run();
    expect(`${report.verdict} ${report.why}`).toBe('synced ');
    expect((await there.run()).verdict).toBe('synced');
    expect((await here.run()).verdict).toBe('synced');
    expect(here.files()).toEqual(there.files());
    for (const machine of [here, there]) {
      expect(machine.status()).toBe('');
      expect(machine.verify()).toBe('');
      expect(machine.head()).toBe(world.hubHead());
    }
    const contents = Object.values(here.files()).join('\n');
    for (const token of tokens) expect(contents).toContain(token);
    expect(Object.keys(here.files()).filter((path) => /\.orig$|\.autosync/.test(path))).toEqual([]);
    world.remove();
  }

  it.each(Array.from({ length: POINTS }, (_, n) => n + 1))(
    `killed at point %i of ${POINTS} is healed by the next run`,
    async (point) => {
      const world = await fresh();
      const { happened } = await cut(world, { kind: 'kill' }, Math.max(1, Math.floor((calls * point) / (POINTS + 2))));
      expect(happened).toBe(1);
      await expectHealed(world);
    },
  );

  it.runIf(/merge|conflict/.test(name))(
    'killed when the share has begun to write its own parent is healed',
    async () => {
      const world = await fresh();
      const { happened } = await cut(world, { kind: 'kill-after' }, 1, 'link */merge/.hg/dirstate -> *journal*');
      expect(happened).toBe(1);
      await expectHealed(world);
    },
  );
});
