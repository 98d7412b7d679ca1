import { existsSync, renameSync } from 'node:fs';
import type { Engine } from './engine.js';
import { BEGINNING, copyWorld } from './model-world.js';
import type { Op, Story } from './op.js';
import { type Counts, count, type Play } from './play.js';
import { performAct, performDeed, performRunOp, runTogether } from './run-ops.js';
import { settle } from './settle.js';
import { startTokens, tokensIn } from './tokens.js';

/** Plays a story from beginning to end in a world of its own; throws when a promise is broken. */
export async function playStory(engine: Engine, story: Story, counts: Counts = new Map()): Promise<void> {
  const world = await copyWorld(story.machines);
  const tokens = startTokens(Object.values(BEGINNING).flatMap((text) => tokensIn(text)));
  const lineEndsRuled = JSON.stringify(story).includes('"attributes"');
  const play: Play = { engine, world, tokens, counts, commits: [], lineEndsRuled, log: [] };
  try {
    for (const op of story.ops) {
      play.log.push(JSON.stringify(op));
      const applied = await perform(play, op);
      count(play, 'steps');
      if (applied) count(play, nameOf(op));
      else play.log.push('did not apply');
    }
    play.log.push('the end');
    await settle(play);
    count(play, 'histories');
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n\n${play.log.join('\n')}`, {
      cause: error,
    });
  } finally {
    world.remove();
  }
}

/** What a step is counted as: each kind of fault has a floor of its own. */
function nameOf(op: Op): string {
  switch (op.kind) {
    case 'cut':
      return op.how;
    case 'meanwhile':
      return `meanwhile ${['commit', 'compose', 'stage', 'start', 'finish'].includes(op.act.kind) ? op.act.kind : 'save'}`;
    case 'start':
      return `start ${op.what}`;
    default:
      return op.kind;
  }
}

async function perform(play: Play, op: Op): Promise<boolean> {
  const { world } = play;
  if (op.kind === 'race') {
    await runTogether(play, world.replicas);
    return true;
  }
  if (op.kind === 'network') {
    const [from, to] = op.up ? [world.away, world.hub] : [world.hub, world.away];
    if (!existsSync(from)) return false;
    renameSync(from, to);
    return true;
  }
  const replica = world.replicas[op.on % world.replicas.length];
  if (replica === undefined) return false;
  switch (op.kind) {
    case 'run':
    case 'twice':
    case 'meanwhile':
    case 'cut':
    case 'save':
      return await performRunOp(play, replica, op);
    case 'undo':
    case 'restore':
    case 'resolve':
      return await performDeed(play, replica, op);
    default:
      return await performAct(play, replica, op);
  }
}
