import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canCut } from '../support/cut.js';
import { type Findings, playCampaign } from './campaign.js';
import { compileEngine, type Engine } from './engine.js';
import { removeWorlds } from './model-world.js';
import type { Counts } from './play.js';
import { countsTable, renderFailure, sumOf, tooSeldom } from './report.js';

const { env } = process;
const seed = Number(env['AUTOSYNC_TEST_SEED']);
const minutes = Number(env['AUTOSYNC_TEST_TORTURE']);
const jobs = Number(env['AUTOSYNC_TEST_JOBS'] ?? 1);

/** How many machines, and how much of the time is theirs. */
const FLEETS = [
  { machines: 2, share: 0.45 },
  { machines: 3, share: 0.35 },
  { machines: 5, share: 0.2 },
] as const;

afterAll(removeWorlds);

describe.skipIf(!canCut())('histories of several machines', () => {
  let engine: Engine;
  const all: Counts[] = [];

  beforeAll(async () => {
    engine = await compileEngine();
  });

  it.each(FLEETS)('break no promise on $machines machines', async ({ machines, share }) => {
    const lanes = Array.from({ length: Math.max(1, jobs) }, (_, lane) =>
      playCampaign({
        engine,
        machines,
        seed: seed + 1_000_000 * lane + 10_000_000 * machines,
        steps: 20,
        minutes: minutes * share,
        histories: Number.POSITIVE_INFINITY,
      }),
    );
    const found: readonly Findings[] = await Promise.all(lanes);
    const counts = sumOf(found.map((findings) => findings.counts));
    all.push(counts);
    report(`${machines} machines, seed ${seed}, ${(minutes * share).toFixed(1)} minutes`, counts);
    expect(found.map(renderFailure).join('')).toBe('');
  });

  it('met every kind of fault often enough', () => {
    const counts = sumOf(all);
    report('all together', counts);
    expect(tooSeldom(counts)).toEqual([]);
  });
});

function report(title: string, counts: Counts): void {
  appendFileSync(env['AUTOSYNC_TEST_REPORT'] ?? '/dev/stdout', `model, ${title}\n\n${countsTable(counts)}\n\n`);
}
