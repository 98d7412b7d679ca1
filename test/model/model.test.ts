import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canCut } from '../support/cut.js';
import { playCampaign } from './campaign.js';
import { compileEngine, type Engine } from './engine.js';
import { removeWorlds } from './model-world.js';
import { renderFailure, tooSeldom } from './report.js';

/** The same histories each time, and as many of them. */
const FIXED = [
  { machines: 2, seed: 20_261_120, histories: 8 },
  { machines: 3, seed: 20_261_121, histories: 4 },
  { machines: 5, seed: 20_261_122, histories: 1 },
] as const;

/** What the fixed histories must have met at the least, each. */
const MET = { kill: 1 / 8, save: 1 / 8, ENOSPC: 1 / 13, race: 1 / 8, 'conflicts settled': 1 / 4 };

afterAll(removeWorlds);

describe.skipIf(!canCut())('random histories', () => {
  let engine: Engine;

  beforeAll(async () => {
    engine = await compileEngine();
  });

  it.each(FIXED)('break no promise on $machines machines', async (fixed) => {
    const findings = await playCampaign({ engine, ...fixed, steps: 20, minutes: 60 });
    expect(renderFailure(findings)).toBe('');
    if (fixed.machines === 2) expect(tooSeldom(findings.counts, MET)).toEqual([]);
  });
});
