import { afterEach, describe, it } from 'vitest';
import { all, type Deed, rename, write } from '../support/deeds.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

/** A rename on one machine to a name that another gives to something else; `tokens` are all that must be left. */
type Crossing = {
  readonly name: string;
  readonly renamed: Deed;
  readonly other: Deed;
  readonly tokens: readonly string[];
};

const LINES = Array.from({ length: 9 }, (_, n) => `line ${n + 1}\n`).join('');

const CROSSINGS: readonly Crossing[] = [
  {
    name: 'a new file there, and an edit of the old one',
    renamed: rename('a.txt', 'b.txt'),
    other: all(write('a.txt', `A\n${LINES}EDIT\n`), write('b.txt', 'FRESH\n')),
    tokens: ['EDIT', 'FRESH'],
  },
  {
    name: 'a new file there, and an edit on both',
    renamed: all(rename('a.txt', 'b.txt'), write('b.txt', `A\n${LINES}MINE\n`)),
    other: all(write('a.txt', `EDIT\nA\n${LINES}`), write('b.txt', 'FRESH\n')),
    tokens: ['MINE', 'EDIT', 'FRESH'],
  },
  {
    name: 'another file there',
    renamed: rename('a.txt', 'b.txt'),
    other: rename('c.txt', 'b.txt'),
    tokens: ['A\n', 'C\n'],
  },
  {
    name: 'a new folder there, and an edit of the old one',
    renamed: rename('a.txt', 'b.txt'),
    other: all(write('a.txt', `A\n${LINES}EDIT\n`), write('b.txt/inner', 'FRESH\n')),
    tokens: ['EDIT', 'FRESH'],
  },
];

function begin(vcs: VcsHarness): World<Desk> {
  const world = vcs.createWorld('mine', 'theirs');
  const [mine] = world.machines as [Desk, Desk];
  mine.write('a.txt', `A\n${LINES}`);
  mine.write('c.txt', `C\n${LINES.toUpperCase()}`);
  return world;
}

describe.each(HARNESSES)('a file that is renamed to the name of something else ($name)', (vcs) => {
  let world: World<Desk>;
  afterEach(() => world.remove());

  for (const { name, renamed, other, tokens } of CROSSINGS) {
    for (const first of ['the rename', 'the other'] as const) {
      it.skipIf(!needs(vcs.name))(`loses nothing: ${name}; ${first} comes first`, async () => {
        world = begin(vcs);
        const [mine, theirs] = world.machines as [Desk, Desk];
        for (const machine of [mine, theirs]) await machine.run();
        renamed(first === 'the rename' ? theirs : mine);
        other(first === 'the rename' ? mine : theirs);
        await theirs.run();
        await expectConverged(world, { tokens });
      });
    }
  }
});
