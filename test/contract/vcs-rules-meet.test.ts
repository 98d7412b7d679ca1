import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../src/model/repo.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { copiesIn, expectConverged } from '../support/oracles.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const POLICIES: readonly Settings['conflict'][] = ['keep-both', 'pause', 'prefer-local', 'prefer-remote'];

/** Two machines add to what is left out while apart: what one of them keeps back must not leave it for that. */
function contract(vcs: VcsHarness): void {
  const rules = `.${vcs.name}ignore`;
  const written = (...globs: readonly string[]): string =>
    `${vcs.name === 'hg' ? 'syntax: glob\n' : ''}${globs.map((glob) => `${glob}\n`).join('')}`;
  let world: World<Desk>;
  let here: Desk;
  let there: Desk;

  beforeEach(() => {
    world = vcs.createWorld('here', 'there');
    [here, there] = world.machines as [Desk, Desk];
  });
  afterEach(() => world.remove());

  it.each(POLICIES)('under the policy %s the rules of both hold, and nothing waits', async (conflict) => {
    here.write(rules, written('*.log'));
    await here.run();
    await there.run();
    there.write(rules, written('*.log', '*.theirs'));
    there.write('a.theirs', 'THERE ALONE\n');
    await there.run();
    here.write(rules, written('*.log', '*.mine'));
    here.write('a.mine', 'HERE ALONE\n');
    expect(await here.run({ conflict })).toMatchObject({ verdict: 'synced', integrate: { conflicts: [] } });
    await there.run({ conflict });
    expect(here.read(rules)).toBe(written('*.log', '*.mine', '*.theirs'));
    for (const machine of [here, there]) {
      expect(machine.committed()).not.toContain('a.mine');
      expect(machine.committed()).not.toContain('a.theirs');
      expect(copiesIn(machine)).toEqual([]);
    }
    here.remove('a.mine');
    there.remove('a.theirs');
    await expectConverged(world, { tokens: ['*.mine', '*.theirs'] });
  });

  it('two new files of rules become one', async () => {
    there.write(rules, written('*.theirs'));
    await there.run();
    here.write(rules, written('*.mine'));
    here.write('a.mine', 'HERE ALONE\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { conflicts: [] } });
    expect(here.read(rules)).toBe(written('*.mine', '*.theirs'));
    expect(here.committed()).not.toContain('a.mine');
  });
}

describe.each(HARNESSES)('$name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('rules of what to ignore that meet', () => contract(vcs));
});
