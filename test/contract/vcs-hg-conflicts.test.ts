import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copiesIn, expectHgConverged } from '../support/hg-oracles.js';
import { createHgWorld, type HgMachine, type HgWorld, hg, tip } from '../support/hg-world.js';

const LINES = Array.from({ length: 20 }, (_, n) => `line ${n + 1}`).join('\n');
const edited = (line: number, token: string): string => LINES.replace(`line ${line}\n`, `line ${line} ${token}\n`);

/** Two machines change the same tree while apart; `mine` runs second, so it is the one that merges. */
type Meeting = {
  readonly name: string;
  readonly base?: (machine: HgMachine) => void;
  readonly mine: (machine: HgMachine) => void;
  readonly theirs: (machine: HgMachine) => void;
  /** Texts that must survive somewhere in every tree. */
  readonly tokens: readonly string[];
  /** How many conflict copies are to be left; undefined where a person may expect either. */
  readonly copies?: number;
  /** Whether a person has to choose: with the policy `pause` nothing is merged then. */
  readonly conflict: boolean;
};

const write =
  (path: string, content: string) =>
  (machine: HgMachine): void =>
    machine.write(path, content);
const remove =
  (path: string) =>
  (machine: HgMachine): void =>
    machine.remove(path);
const all =
  (...actions: readonly ((machine: HgMachine) => void)[]) =>
  (machine: HgMachine): void => {
    for (const action of actions) action(machine);
  };
const rename =
  (from: string, to: string) =>
  (machine: HgMachine): void =>
    machine.rename(from, to);
const mode =
  (path: string, bits: number) =>
  (machine: HgMachine): void =>
    chmodSync(join(machine.top, path), bits);
const link =
  (target: string, path: string) =>
  (machine: HgMachine): void =>
    machine.link(target, path);

const MEETINGS: readonly Meeting[] = [
  {
    name: 'the same line edited on both',
    base: write('a.txt', LINES),
    mine: write('a.txt', edited(5, 'MINE')),
    theirs: write('a.txt', edited(5, 'THEIRS')),
    tokens: ['MINE', 'THEIRS'],
    copies: 1,
    conflict: true,
  },
  {
    name: 'different lines of one file edited',
    base: write('a.txt', LINES),
    mine: write('a.txt', edited(2, 'MINE')),
    theirs: write('a.txt', edited(18, 'THEIRS')),
    tokens: ['line 2 MINE', 'line 18 THEIRS'],
    copies: 0,
    conflict: false,
  },
  {
    name: 'edited here, deleted there',
    base: write('a.txt', LINES),
    mine: write('a.txt', edited(5, 'MINE')),
    theirs: remove('a.txt'),
    tokens: ['MINE'],
    copies: 0,
    conflict: true,
  },
  {
    name: 'deleted here, edited there',
    base: write('a.txt', LINES),
    mine: remove('a.txt'),
    theirs: write('a.txt', edited(5, 'THEIRS')),
    tokens: ['THEIRS'],
    copies: 0,
    conflict: true,
  },
  {
    name: 'the same new file on both',
    mine: write('new.txt', 'SAME\n'),
    theirs: write('new.txt', 'SAME\n'),
    tokens: ['SAME'],
    copies: 0,
    conflict: false,
  },
  {
    name: 'two new files of one name',
    mine: write('new.txt', 'MINE\n'),
    theirs: write('new.txt', 'THEIRS\n'),
    tokens: ['MINE', 'THEIRS'],
    copies: 1,
    conflict: true,
  },
  {
    name: 'renamed here, edited there',
    base: write('a.txt', LINES),
    mine: rename('a.txt', 'b.txt'),
    theirs: write('a.txt', edited(5, 'THEIRS')),
    tokens: ['THEIRS'],
    copies: 0,
    conflict: false,
  },
  {
    name: 'renamed and edited here, the same line edited there',
    base: write('a.txt', LINES),
    mine: all(rename('a.txt', 'b.txt'), write('b.txt', edited(5, 'MINE'))),
    theirs: write('a.txt', edited(5, 'THEIRS')),
    tokens: ['MINE', 'THEIRS'],
    conflict: true,
  },
  {
    name: 'one file renamed to two names',
    base: write('a.txt', LINES),
    mine: all(rename('a.txt', 'mine.txt'), write('mine.txt', edited(5, 'MINE'))),
    theirs: all(rename('a.txt', 'theirs.txt'), write('theirs.txt', edited(5, 'THEIRS'))),
    tokens: ['MINE', 'THEIRS'],
    conflict: true,
  },
  {
    name: 'two files renamed to one name',
    base: all(write('a.txt', `${LINES}\nTOKEN-A`), write('b.txt', `${LINES.toUpperCase()}\nTOKEN-B`)),
    mine: rename('a.txt', 'c.txt'),
    theirs: rename('b.txt', 'c.txt'),
    tokens: ['TOKEN-A', 'TOKEN-B'],
    conflict: true,
  },
  {
    name: 'a file renamed here and deleted there',
    base: write('a.txt', `${LINES}\nTOKEN`),
    mine: rename('a.txt', 'b.txt'),
    theirs: remove('a.txt'),
    tokens: ['TOKEN'],
    conflict: true,
  },
  {
    name: 'a folder renamed here, a file added to it there',
    base: all(write('old/a.txt', LINES), write('old/b.txt', LINES.toUpperCase())),
    mine: rename('old', 'new'),
    theirs: write('old/c.txt', 'THEIRS\n'),
    tokens: ['THEIRS'],
    copies: 0,
    conflict: false,
  },
  {
    name: 'the executable bit here, an edit there',
    base: write('run.sh', LINES),
    mine: mode('run.sh', 0o755),
    theirs: write('run.sh', edited(5, 'THEIRS')),
    tokens: ['THEIRS'],
    copies: 0,
    conflict: false,
  },
  {
    name: 'a new file of one content, executable on one side only',
    mine: all(write('run.sh', 'SAME\n'), mode('run.sh', 0o755)),
    theirs: write('run.sh', 'SAME\n'),
    tokens: ['SAME'],
    copies: 0,
    // Hg keeps the bit of the machine that merges, and says nothing of it.
    conflict: false,
  },
  {
    name: 'a binary file changed on both',
    base: write('a.bin', 'a\0BASE\0'),
    mine: write('a.bin', 'a\0MINE\0'),
    theirs: write('a.bin', 'a\0THEIRS\0'),
    tokens: ['MINE', 'THEIRS'],
    copies: 1,
    conflict: true,
  },
  {
    name: 'a symbolic link pointed elsewhere on both',
    base: link('base', 'link'),
    mine: all(remove('link'), link('MINE', 'link')),
    theirs: all(remove('link'), link('THEIRS', 'link')),
    tokens: ['-> MINE', '-> THEIRS'],
    copies: 1,
    conflict: true,
  },
  {
    name: 'a file here where there is a link there',
    mine: write('x', 'MINE\n'),
    theirs: link('THEIRS', 'x'),
    tokens: ['MINE', '-> THEIRS'],
    copies: 1,
    conflict: true,
  },
  {
    name: 'a link here where there is a file there',
    mine: link('MINE', 'x'),
    theirs: write('x', 'THEIRS\n'),
    tokens: ['-> MINE', 'THEIRS'],
    copies: 1,
    conflict: true,
  },
  {
    name: 'a file here where there is a folder there',
    mine: write('x', 'MINE\n'),
    theirs: write('x/inner', 'THEIRS\n'),
    tokens: ['MINE', 'THEIRS'],
    copies: 1,
    conflict: true,
  },
  {
    name: 'a folder here where there is a file there',
    mine: write('x/inner', 'MINE\n'),
    theirs: write('x', 'THEIRS\n'),
    tokens: ['MINE', 'THEIRS'],
    copies: 1,
    conflict: true,
  },
  {
    name: 'a file edited here that became a folder there',
    base: write('x', LINES),
    mine: write('x', edited(5, 'MINE')),
    theirs: all(remove('x'), write('x/inner', 'THEIRS\n')),
    tokens: ['MINE', 'THEIRS'],
    conflict: true,
  },
  {
    name: 'a file in a folder edited here that became a file there',
    base: write('x/inner', LINES),
    mine: write('x/inner', edited(5, 'MINE')),
    theirs: all(remove('x'), write('x', 'THEIRS\n')),
    tokens: ['MINE', 'THEIRS'],
    conflict: true,
  },
  {
    name: 'line ends of DOS here, an edit there',
    base: write('a.txt', LINES),
    mine: write('a.txt', LINES.replaceAll('\n', '\r\n')),
    theirs: write('a.txt', edited(5, 'THEIRS')),
    tokens: ['THEIRS'],
    copies: 1,
    conflict: true,
  },
  {
    name: 'a name of 255 bytes edited on both',
    base: write(`${'ä'.repeat(125)}.txt`, LINES),
    mine: write(`${'ä'.repeat(125)}.txt`, edited(5, 'MINE')),
    theirs: write(`${'ä'.repeat(125)}.txt`, edited(5, 'THEIRS')),
    tokens: ['MINE', 'THEIRS'],
    copies: 1,
    conflict: true,
  },
  {
    name: 'a name that is nearly all extension edited on both',
    base: write(`a.${'x'.repeat(253)}`, LINES),
    mine: write(`a.${'x'.repeat(253)}`, edited(5, 'MINE')),
    theirs: write(`a.${'x'.repeat(253)}`, edited(5, 'THEIRS')),
    tokens: ['MINE', 'THEIRS'],
    copies: 1,
    conflict: true,
  },
];

let world: HgWorld;
let mine: HgMachine;
let theirs: HgMachine;

beforeEach(() => {
  world = createHgWorld('mine', 'theirs');
  [mine, theirs] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => world.remove());

/** Brings both machines to the meeting: each has its own change, only theirs is on the hub. */
async function meet(meeting: Meeting): Promise<void> {
  if (meeting.base !== undefined) {
    meeting.base(mine);
    await mine.run();
    await theirs.run();
  }
  meeting.mine(mine);
  meeting.theirs(theirs);
  await theirs.run();
}

describe.each(MEETINGS)('$name', (meeting) => {
  it('keeps both versions on every machine', async () => {
    await meet(meeting);
    const report = await mine.run();
    expect(report.verdict).toBe('synced');
    expect(report.integrate.conflicts.length > 0).toBe(meeting.conflict);
    await expectHgConverged(world, { tokens: meeting.tokens });
    if (meeting.copies !== undefined) expect(copiesIn(mine)).toHaveLength(meeting.copies);
  });

  it('is left to a person with the policy pause, and leaves the machine all the same', async () => {
    await meet(meeting);
    const before = mine.files();
    const report = await mine.run({ conflict: 'pause' });
    if (!meeting.conflict) {
      expect(report.verdict).toBe('synced');
      return;
    }
    expect(report).toMatchObject({ verdict: 'conflict', integrate: { kind: 'paused' } });
    expect(mine.files()).toEqual(before);
    const hubBookmark = 'bookmark("autosync/mine/default")';
    expect(hg(world.hub, 'log', '-r', hubBookmark, '-T', '{node}')).toBe(tip(mine));
    expect(hg(world.hub, 'log', '-r', `heads(branch(default)) - ${hubBookmark}`, '-T', '{node}')).toBe(tip(theirs));
    expect(await theirs.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'up-to-date' } });
    expect(await mine.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    await expectHgConverged(world, { tokens: meeting.tokens });
  });
});
