import { beforeEach } from 'vitest';
import type { Desk } from './desk.js';
import type { Meeting } from './meetings.js';
import { letHgStay } from './staying-servers.js';
import type { VcsHarness } from './vcs-harness.js';
import type { World } from './world.js';

/** Two machines that are about to meet: each has its own change, only theirs is on the hub. */
export type Apart = { readonly world: World<Desk>; readonly mine: Desk; readonly theirs: Desk };

/** Gives each test of a suite a world of its own; returns what brings its machines to a meeting. */
export function meetingPlace({ createWorld }: VcsHarness): (meeting: Meeting) => Promise<Apart> {
  let world: World<Desk>;
  beforeEach(() => {
    world = createWorld('mine', 'theirs');
    const letGo = letHgStay();
    return () => {
      letGo();
      world.remove();
    };
  });
  return async (meeting) => {
    const [mine, theirs] = world.machines as [Desk, Desk];
    if (meeting.base !== undefined) {
      meeting.base(mine);
      await mine.run();
      await theirs.run();
    }
    meeting.mine(mine);
    meeting.theirs(theirs);
    await theirs.run();
    return { world, mine, theirs };
  };
}
