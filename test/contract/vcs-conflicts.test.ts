import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VcsKind } from '../../src/model/report.js';
import { conflictsPage, type Outcome, whatBecameOf } from '../support/conflicts-page.js';
import type { Desk } from '../support/desk.js';
import { MEETINGS, type Meeting } from '../support/meetings.js';
import { needs } from '../support/needs.js';
import { copiesIn, expectConverged } from '../support/oracles.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const outcomes = new Map<VcsKind, Map<string, Outcome>>();

/** What every version control system makes of the same meetings. */
function meetings({ name: system, createWorld }: VcsHarness): void {
  const seen = new Map<string, Outcome>();
  outcomes.set(system, seen);
  let world: World<Desk>;
  let mine: Desk;
  let theirs: Desk;

  beforeEach(() => {
    world = createWorld('mine', 'theirs');
    [mine, theirs] = world.machines as [Desk, Desk];
  });
  afterEach(() => world.remove());

  /** Brings both machines to the meeting: each has its own change, only theirs is on the hub. */
  async function meet(meeting: Meeting): Promise<void> {
    if (meeting.base !== undefined) {
      meeting.base(mine);
      await mine.run();
      await theirs.run();
    }
    meeting.mine(mine);
    meeting.theirs(theirs);
    await theirs.run();
  }

  describe.each(MEETINGS)('$name', (meeting) => {
    it('keeps both versions on every machine', async () => {
      await meet(meeting);
      const apart = { mine: mine.files(), theirs: theirs.files() };
      const report = await mine.run();
      seen.set(meeting.name, whatBecameOf(apart, mine.files(), report.integrate.conflicts));
      expect(report.verdict).toBe('synced');
      expect(report.integrate.conflicts.length > 0).toBe(meeting.conflict);
      await expectConverged(world, { tokens: meeting.tokens });
      if (meeting.copies !== undefined) expect(copiesIn(mine)).toHaveLength(meeting.copies);
    });

    it('is left to a person with the policy pause, and leaves the machine all the same', async () => {
      await meet(meeting);
      const before = mine.files();
      const report = await mine.run({ conflict: 'pause' });
      if (!meeting.conflict) {
        expect(report.verdict).toBe('synced');
        return;
      }
      expect(report).toMatchObject({ verdict: 'conflict', integrate: { kind: 'paused' } });
      expect(mine.files()).toEqual(before);
      expect(world.hubHead()).toBe(theirs.head());
      expect(mine.savedAside()).toBe(mine.head());
      // What one machine has set aside is nothing for the others.
      expect(await theirs.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'up-to-date' } });
    });
  });

  describe.each(MEETINGS.filter(({ conflict }) => conflict))('$name', (meeting) => {
    it.each(['prefer-local', 'prefer-remote'] as const)('is settled as %s says, with no copy', async (conflict) => {
      await meet(meeting);
      const preferred = Object.values(conflict === 'prefer-local' ? mine.files() : theirs.files());
      const report = await mine.run({ conflict });
      expect(report).toMatchObject({ verdict: 'synced', why: '', integrate: { kind: 'merged' } });
      expect(report.integrate.conflicts).not.toEqual([]);
      expect(report.integrate.conflicts.filter(({ copy }) => copy !== undefined)).toEqual([]);
      // A rename that is no conflict stays; what stands under the names is the preferred side's, to the byte.
      expect(Object.values(mine.files()).sort()).toEqual(preferred.sort());
      await theirs.run({ conflict });
      expect(theirs.files()).toEqual(mine.files());
      // What is binary is not to be seen in it.
      if (meeting.name.includes('binary')) return;
      const history = world.hubHistory();
      for (const token of meeting.tokens) expect(history).toContain(token.replace('-> ', ''));
    });
  });
}

describe.each(HARNESSES)('$name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('what met', () => meetings(vcs));
});

it.skipIf(!needs('hg'))('docs/conflicts.md says what became of each (npm run docs)', () => {
  const page = fileURLToPath(new URL('../../docs/conflicts.md', import.meta.url));
  const text = conflictsPage(MEETINGS, outcomes);
  if (process.env['AUTOSYNC_TEST_WRITE_DOCS'] !== undefined) writeFileSync(page, text);
  expect(readFileSync(page, 'utf8')).toBe(text);
});

describe.each(HARNESSES)('a conflict that was left to a person, under $name', ({ name, createWorld }) => {
  it.skipIf(!needs(name))('is settled as ever once the policy is keep-both again', async () => {
    const world = createWorld('mine', 'theirs');
    const [mine, theirs] = world.machines as [Desk, Desk];
    mine.write('a.txt', 'MINE\n');
    theirs.write('a.txt', 'THEIRS\n');
    await theirs.run();
    expect(await mine.run({ conflict: 'pause' })).toMatchObject({ verdict: 'conflict' });
    expect(await mine.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    await expectConverged(world, { tokens: ['MINE', 'THEIRS'] });
    world.remove();
  });
});
