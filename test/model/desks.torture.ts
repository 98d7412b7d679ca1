import { appendFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';
import { playFleet } from './desks.js';

const { env } = process;
const seed = Number(env['AUTOSYNC_TEST_SEED']);
const minutes = Number(env['AUTOSYNC_TEST_TORTURE']);

/** As many as anybody could wait for; the time ends it. */
const MANY = 100_000;

/** Those that are wanted; all of them, unless one is named. */
const WANTED = HARNESSES.filter(({ name }) => (env['AUTOSYNC_TEST_VCS'] ?? name) === name);

describe.each(WANTED)('three machines and a hub, under $name', (vcs) => {
  it.skipIf(!needs(vcs.name))('come together after random histories, and lose no save', async () => {
    const until = Date.now() + (minutes * 60_000) / WANTED.length;
    const played = await playFleet({ vcs, machines: 3, seed, histories: MANY, steps: 20, until });
    const report = `${vcs.name}, 3 machines, seed ${seed}: ${played.histories} histories, ${played.steps} steps\n\n`;
    appendFileSync(env['AUTOSYNC_TEST_REPORT'] ?? '/dev/stdout', report);
    expect(played.histories).toBeGreaterThan(0);
  });
});
