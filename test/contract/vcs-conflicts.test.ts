import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { VcsKind } from '../../src/model/report.js';
import { conflictsPage, type Outcome, whatBecameOf } from '../support/conflicts-page.js';
import type { Desk } from '../support/desk.js';
import { meetingPlace } from '../support/meeting-place.js';
import { MEETINGS } from '../support/meetings.js';
import { needs } from '../support/needs.js';
import { copiesIn, expectConverged } from '../support/oracles.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';

const outcomes = new Map<VcsKind, Map<string, Outcome>>();

/** What every version control system makes of the same meetings. */
function meetings(vcs: VcsHarness): void {
  const seen = new Map<string, Outcome>();
  outcomes.set(vcs.name, seen);
  const meet = meetingPlace(vcs);

  describe.each(MEETINGS)('$name', (meeting) => {
    it('keeps both versions on every machine', async () => {
      const { world, mine, theirs } = await meet(meeting);
      const apart = { mine: mine.files(), theirs: theirs.files() };
      const report = await mine.run();
      seen.set(meeting.name, whatBecameOf(apart, mine.files(), report.integrate.conflicts));
      expect(report.verdict).toBe('synced');
      expect(report.integrate.conflicts.length > 0).toBe(meeting.conflict);
      await expectConverged(world, { tokens: meeting.tokens });
      if (meeting.copies !== undefined) expect(copiesIn(mine)).toHaveLength(meeting.copies);
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
