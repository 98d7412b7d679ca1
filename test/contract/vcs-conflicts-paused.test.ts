import { describe, expect, it } from 'vitest';
import { meetingPlace } from '../support/meeting-place.js';
import { MEETINGS } from '../support/meetings.js';
import { needs } from '../support/needs.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';

/** What every version control system does with the same meetings under the policy `pause`. */
function meetings(vcs: VcsHarness): void {
  const meet = meetingPlace(vcs);

  describe.each(MEETINGS)('$name', (meeting) => {
    it('is left to a person with the policy pause, and leaves the machine all the same', async () => {
      const { world, mine, theirs } = await meet(meeting);
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
}

describe.each(HARNESSES)('$name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('what met', () => meetings(vcs));
});
