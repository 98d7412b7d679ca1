import { mkdirSync, readdirSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { runSpool } from '../../../src/commands/due.js';
import { type Wiring, wire } from '../../../src/commands/wiring.js';
import { asAbsolute } from '../../../src/model/paths.js';
import { putRequest } from '../../../src/store/spool.js';
import { freshLocations } from '../../support/locations.js';

const { sweep } = vi.hoisted(() => ({ sweep: vi.fn() }));
vi.mock('../../../src/engine/sweep.js', () => ({ sweep }));

let wiring: Wiring;
let pauses: number[];

const ring = (): void => putRequest(wiring.locations.spool, { event: 'webhook', path: asAbsolute('/srv/notes') });

/** Has every run be rung for once more while it is at work, so many times in all. */
function ringDuringRuns(times: number): void {
  let left = times;
  sweep.mockImplementation(() => {
    left -= 1;
    if (left >= 0) ring();
    return [];
  });
}

beforeEach(() => {
  sweep.mockReset();
  freshLocations();
  const wired = wire();
  pauses = [];
  const sleep = (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds);
    return Promise.resolve();
  };
  wiring = { ...wired, engine: { ...wired.engine, clock: { ...wired.engine.clock, sleep } } };
  mkdirSync(wiring.locations.state, { recursive: true });
});

describe('who serves the spool', () => {
  it('serves the last of many who ring one after the other while runs are at work', async () => {
    ringDuringRuns(30);
    ring();
    await runSpool(wiring);
    expect(readdirSync(wiring.locations.spool)).toEqual([]);
    expect(sweep).toHaveBeenCalledTimes(31);
    expect(pauses).toEqual(Array.from({ length: 11 }, (_, n) => 1_000 * (n + 1)));
  });

  it('leaves a spool that never gets empty to the next call', async () => {
    ringDuringRuns(Number.POSITIVE_INFINITY);
    ring();
    await runSpool(wiring);
    expect(readdirSync(wiring.locations.spool)).toHaveLength(1);
  });
});
