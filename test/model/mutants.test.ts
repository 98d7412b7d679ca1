import { afterAll, describe, expect, it } from 'vitest';
import { canCut } from '../support/cut.js';
import { compileEngine } from './engine.js';
import { playStory } from './history.js';
import { removeWorlds } from './model-world.js';
import { MUTANTS } from './mutants.js';
import type { Op } from './op.js';

/** The stories that gave some planted faults away; `hunt.torture.ts` finds all faults anew. */
const TELLING: Readonly<Record<string, readonly Op[]>> = {
  'a conflict is won by our side, without a copy': [
    { kind: 'write', on: 0, path: 'a.txt', content: 'text', force: false },
    { kind: 'write', on: 1, path: 'a.txt', content: 'text', force: false },
  ],
  'a removal wins over a change': [
    { kind: 'remove', on: 0, path: 'a.txt' },
    { kind: 'append', on: 1, path: 'a.txt' },
  ],
  'the index is not renewed after a placement': [
    { kind: 'write', on: 0, path: 'a.txt', content: 'text', force: false },
  ],
  'an ignored file is overwritten by an incoming one': [
    { kind: 'ignore', on: 0, pattern: '*.log', shared: false },
    { kind: 'write', on: 0, path: 'note.log', content: 'text', force: false },
    { kind: 'write', on: 1, path: 'note.log', content: 'text', force: false },
  ],
};

afterAll(removeWorlds);

describe.skipIf(!canCut())('the model', () => {
  it.each(MUTANTS)('can plant the fault that $name', async ({ faults }) => {
    await expect(compileEngine(faults)).resolves.toBeDefined();
  });

  it.each(Object.entries(TELLING))('notices that %s', async (name, ops) => {
    const mutant = MUTANTS.find((each) => each.name === name);
    const engine = await compileEngine(mutant?.faults);
    await expect(playStory(engine, { machines: 2, ops })).rejects.toThrow(/is broken/);
    await expect(playStory(await compileEngine(), { machines: 2, ops })).resolves.toBeUndefined();
  });
});
