import { describe, expect, it } from 'vitest';
import { meetingPlace } from '../support/meeting-place.js';
import { MEETINGS } from '../support/meetings.js';
import { needs } from '../support/needs.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';

/** What every version control system does with the same meetings where one side is preferred. */
function meetings(vcs: VcsHarness): void {
  const meet = meetingPlace(vcs);

  describe.each(MEETINGS.filter(({ conflict }) => conflict))('$name', (meeting) => {
    it.each(['prefer-local', 'prefer-remote'] as const)('is settled as %s says, with no copy', async (conflict) => {
      const { world, mine, theirs } = await meet(meeting);
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
