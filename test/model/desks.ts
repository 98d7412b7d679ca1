import fc from 'fast-check';
import type { Desk } from '../support/desk.js';
import { expectConverged } from '../support/oracles.js';
import type { VcsHarness } from '../support/vcs-harness.js';
import { performFileOp } from './file-ops.js';
import { type PlainOp, plainStories } from './op.js';
import { startTokens } from './tokens.js';

/** Random histories of several machines under either version control system: how many, and what they begin with. */
export type Fleet = {
  readonly vcs: VcsHarness;
  readonly machines: number;
  readonly seed: number;
  readonly histories: number;
  /** How many steps a history has, on the average. */
  readonly steps: number;
  /** No new history is begun after it, in milliseconds since 1970. */
  readonly until?: number;
};

/** How many histories were played, and how many of their steps did something. */
export type Played = { histories: number; steps: number };

const NAMES = ['ada', 'bob', 'eve', 'kim', 'lou'];

/**
 * Plays histories; at the end of each, all machines must be equal, clean and equal to the hub, and every save that no
 * person overwrote must stand in some file. One that fails is shortened and thrown.
 */
export async function playFleet({ vcs, machines, seed, histories, steps, until = Infinity }: Fleet): Promise<Played> {
  const played: Played = { histories: 0, steps: 0 };
  const property = fc.asyncProperty(plainStories(steps), async (ops) => {
    if (Date.now() > until) return;
    // Such a file stays on its machine, named in every report: there is nothing to come together.
    const able = ops.filter((op) => pathsOf(op).every((path) => !vcs.cannotHold.test(path)));
    played.steps += await playStory(vcs, machines, able);
    played.histories += 1;
  });
  await fc.assert(property, { seed, numRuns: histories, endOnFailure: true });
  return played;
}

const pathsOf = (op: PlainOp): readonly string[] => [
  ...('path' in op ? [op.path] : []),
  ...('to' in op ? [op.to] : []),
];

/** Plays one history; returns how many of its steps did something. */
async function playStory(vcs: VcsHarness, machines: number, ops: readonly PlainOp[]): Promise<number> {
  const world = vcs.createWorld(...NAMES.slice(0, machines));
  const tokens = startTokens([]);
  let steps = 0;
  try {
    for (const op of ops) {
      const desk = world.machines[op.on % world.machines.length];
      if (desk !== undefined && (await perform(desk, op, tokens))) steps += 1;
    }
    await expectConverged(world, { tokens: tokens.live() });
    return steps;
  } finally {
    world.remove();
  }
}

async function perform(desk: Desk, op: PlainOp, tokens: ReturnType<typeof startTokens>): Promise<boolean> {
  if (op.kind !== 'run') return performFileOp({ top: desk.top, tokens }, op);
  await desk.run({}, { trigger: op.trigger });
  return true;
}
