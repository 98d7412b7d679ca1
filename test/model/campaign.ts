import fc from 'fast-check';
import type { Engine } from './engine.js';
import { playStory } from './history.js';
import { type Story, stories } from './op.js';
import type { Counts } from './play.js';

/** How many histories are to be played, over how many machines, for how long at most. */
export type Campaign = {
  readonly engine: Engine;
  readonly machines: number;
  readonly seed: number;
  /** How many steps a history has, on the average. */
  readonly steps: number;
  readonly minutes: number;
  readonly histories: number;
  /** Whether a story that fails is made as short as may be. */
  readonly shorten?: boolean;
};

/** A story that breaks a promise, made as short as may be, and why; `after` so many histories, with this very seed. */
export type Failure = {
  readonly story: Story;
  readonly why: string;
  readonly after: number;
  readonly seed: number;
};

/** What became of a campaign. */
export type Findings = { readonly counts: Counts; readonly failure: Failure | undefined };

/** Histories that are made from one seed; a failure names its own, so that it is found again at once. */
const CHUNK = 10;

/** A story is shortened for so long: each try is a whole history. */
const SHRINKING_MS = 240_000;

/** Plays random histories until the time is over, or one breaks a promise. */
export async function playCampaign(campaign: Campaign): Promise<Findings> {
  const counts: Counts = new Map();
  const end = Date.now() + campaign.minutes * 60_000;
  let played = 0;
  for (let seed = campaign.seed; played < campaign.histories && Date.now() < end; seed += 1) {
    const numRuns = Math.min(CHUNK, campaign.histories - played);
    const found = await playChunk(campaign, { seed, numRuns, end, counts });
    if (found !== undefined) return { counts, failure: { ...found, seed, after: played + found.after } };
    played += numRuns;
  }
  return { counts, failure: undefined };
}

type Chunk = { readonly seed: number; readonly numRuns: number; readonly end: number; readonly counts: Counts };

async function playChunk(
  { engine, machines, steps, shorten: isWanted = true }: Campaign,
  { seed, numRuns, end, counts }: Chunk,
): Promise<Omit<Failure, 'seed'> | undefined> {
  const property = fc.asyncProperty(stories(machines, steps), async (story) => {
    if (Date.now() < end) await playStory(engine, story, counts);
  });
  const result = await fc.check(property, { seed, numRuns, endOnFailure: true });
  const [story] = result.counterexample ?? [];
  if (story === undefined) return undefined;
  if (!isWanted) return { after: result.numRuns, story, why: String(result.errorInstance) };
  const shrunk = await shorten(engine, story);
  return { after: result.numRuns, story: shrunk.story, why: shrunk.why ?? String(result.errorInstance) };
}

/**
 * Makes a story that fails as short as may be: leaves out ever smaller pieces as long as it still fails. (fast-check's
 * own way tries many more variants, and each costs a whole history.)
 */
async function shorten(
  engine: Engine,
  story: Story,
): Promise<{ readonly story: Story; readonly why: string | undefined }> {
  const end = Date.now() + SHRINKING_MS;
  let ops = story.ops;
  let why: string | undefined;
  for (let size = Math.ceil(ops.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < ops.length && Date.now() < end; ) {
      const shorter = [...ops.slice(0, at), ...ops.slice(at + size)];
      const failure = await whyFails(engine, { ...story, ops: shorter });
      if (failure === undefined) at += size;
      else [ops, why] = [shorter, failure];
    }
  }
  return { story: { ...story, ops }, why };
}

async function whyFails(engine: Engine, story: Story): Promise<string | undefined> {
  try {
    await playStory(engine, story);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
