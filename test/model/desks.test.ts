import { describe, expect, it } from 'vitest';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';
import { playFleet } from './desks.js';

describe.each(HARNESSES)('three machines and a hub, under $name', (vcs) => {
  it.skipIf(!needs(vcs.name))('come together after random histories, and lose no save', async () => {
    const played = await playFleet({ vcs, machines: 3, seed: 1, histories: 4, steps: 12 });
    expect(played.histories).toBe(4);
    expect(played.steps).toBeGreaterThan(20);
  });
});
