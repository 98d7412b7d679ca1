import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectConverged } from '../support/oracles.js';
import { createWorld, type Machine, type World } from '../support/world.js';
import { compileEngine, type Engine } from './engine.js';
import { playStory } from './history.js';
import { removeWorlds } from './model-world.js';
import type { Op } from './op.js';

/** Histories in which the model once found a promise broken, as short as they could be made. */
const FOUND: readonly { readonly name: string; readonly machines: number; readonly ops: readonly Op[] }[] = [
  {
    name: 'an edited file that a rename elsewhere takes to a name which both sides gave to a new file',
    machines: 2,
    ops: [
      { kind: 'write', on: 1, path: 'dir/d.txt', content: 'large', force: true },
      { kind: 'write', on: 1, path: 'b.txt', content: 'crlf', force: false },
      { kind: 'write', on: 0, path: 'dir', content: 'text', force: true },
      { kind: 'write', on: 0, path: 'b.txt', content: 'text', force: false },
    ],
  },
  {
    name: 'a lock in the making when its run was killed',
    machines: 2,
    ops: [
      { kind: 'write', on: 1, path: 'a.txt', content: 'text', force: false },
      ...Array.from({ length: 12 }, (_, n) => ({ kind: 'cut', on: 1, nth: 10 + 5 * n, how: 'kill-after' }) as const),
    ],
  },
  {
    name: 'an edit of a file that elsewhere was renamed to a name at which two renames meet',
    machines: 2,
    ops: [
      { kind: 'append', on: 0, path: 'a.txt' },
      { kind: 'rename', on: 1, path: 'a.txt', to: 'b.txt' },
      { kind: 'write', on: 0, path: 'b.txt', content: 'text', force: true },
      { kind: 'write', on: 1, path: 'dir/c.txt', content: 'text', force: true },
      { kind: 'remove', on: 0, path: 'dir/c.txt' },
      { kind: 'remove', on: 0, path: 'dir/d.txt' },
    ],
  },
];

afterAll(removeWorlds);

describe('the engine comes through', () => {
  let engine: Engine;

  beforeAll(async () => {
    engine = await compileEngine();
  });

  it.each(FOUND)('$name', async ({ machines, ops }) => {
    await expect(playStory(engine, { machines, ops })).resolves.toBeUndefined();
  });
});

describe('a save of the same size within the tick of the clock in which git wrote its index', () => {
  let world: World;
  let mine: Machine;
  let theirs: Machine;

  beforeEach(async () => {
    world = createWorld('mine', 'theirs');
    [mine, theirs] = world.machines as [Machine, Machine];
    mine.write('a.txt', 'ONE\n');
    // Whole seconds are all that every file system keeps.
    utimesSync(join(mine.top, 'a.txt'), 1_700_000_000, 1_700_000_000);
    await mine.run();
    await theirs.run();
  });
  afterEach(() => world.remove());

  /** Saves a file so that only the time of the index tells git of it, as on a clock that ticks slowly. */
  function saveWithinTheTick(path: string, content: string): void {
    const file = join(mine.top, path);
    const { mtime } = statSync(file);
    mine.git('config', 'core.trustctime', 'false');
    writeFileSync(file, content);
    utimesSync(file, mtime, mtime);
    utimesSync(join(mine.top, '.git/index'), mtime, mtime);
  }

  it('is taken', async () => {
    saveWithinTheTick('a.txt', 'TWO\n');
    expect(await mine.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'committed' } });
    await expectConverged(world, { tokens: ['TWO'] });
  });

  it('that git cannot see at all is taken when the hub has another version', async () => {
    const { mtime } = statSync(join(mine.top, 'a.txt'));
    mine.git('config', 'core.trustctime', 'false');
    mine.write('a.txt', 'TWO\n');
    utimesSync(join(mine.top, 'a.txt'), mtime, mtime);
    theirs.write('a.txt', 'THEIRS\n');
    await theirs.run();
    await mine.run();
    await expectConverged(world, { tokens: ['TWO', 'THEIRS'] });
  });
});
