import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { conflictsPage, type Outcome, whatBecameOf } from '../support/conflicts-page.js';
import { MEETINGS, type Meeting } from '../support/meetings.js';
import { copiesIn, expectConverged } from '../support/oracles.js';
import { createWorld, type Machine, type World } from '../support/world.js';

let world: World;
let mine: Machine;
let theirs: Machine;

beforeEach(() => {
  world = createWorld('mine', 'theirs');
  [mine, theirs] = world.machines as [Machine, Machine];
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

const outcomes = new Map<string, Outcome>();

describe.each(MEETINGS)('$name', (meeting) => {
  it('keeps both versions on every machine', async () => {
    await meet(meeting);
    const apart = { mine: mine.files(), theirs: theirs.files() };
    const report = await mine.run();
    outcomes.set(meeting.name, whatBecameOf(apart, mine.files(), report.integrate.conflicts));
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
    expect(world.hubHead()).toBe(theirs.git('rev-parse', 'HEAD'));
    const saved = mine.git('ls-remote', 'origin', 'refs/heads/autosync/mine/main').split('\t')[0];
    expect(saved).toBe(mine.git('rev-parse', 'HEAD'));
  });
});

it('docs/conflicts.md says what became of each (npm run docs)', () => {
  const page = fileURLToPath(new URL('../../docs/conflicts.md', import.meta.url));
  const text = conflictsPage(MEETINGS, outcomes);
  if (process.env['AUTOSYNC_TEST_WRITE_DOCS'] !== undefined) writeFileSync(page, text);
  expect(readFileSync(page, 'utf8')).toBe(text);
});
