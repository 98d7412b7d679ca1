import { appendFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { canCut } from '../support/cut.js';
import { removeWorlds } from './model-world.js';
import { type Hunt, hunt, MUTANTS } from './mutants.js';

const { env } = process;
const seed = Number(env['AUTOSYNC_TEST_SEED']);
const minutes = Number(env['AUTOSYNC_TEST_TORTURE']);
const found = new Map<string, Hunt>();

afterAll(removeWorlds);

describe.skipIf(!canCut())('a fault planted in the engine', () => {
  afterAll(() => {
    const rows = [...found].map(([name, { by, after, why }]) => `| ${name} | ${by} | ${after} | ${why} |`);
    const table = ['| planted fault | found by | after | what was broken |', '|---|---|---|---|', ...rows, ''];
    appendFileSync(env['AUTOSYNC_TEST_REPORT'] ?? '/dev/stdout', `${table.join('\n')}\n`);
  });

  it.each(MUTANTS)('is found: $name', async (mutant) => {
    const result = await hunt(mutant, { seed, histories: 150, minutes: minutes / MUTANTS.length });
    found.set(mutant.name, result);
    expect(result.by).not.toBe('nothing');
  });
});
