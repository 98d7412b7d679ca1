import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asAbsolute } from '../../../src/model/paths.js';
import type { ScheduleSlot } from '../../../src/model/schedule.js';
import { cronFields } from '../../../src/scheduler/cron-expression.js';
import { isDue, nextDue } from '../../../src/scheduler/due.js';
import { spreadSeconds } from '../../../src/scheduler/offset.js';
import type { Scheduler } from '../../../src/scheduler/scheduler.js';
import { fakeCrontab } from '../../support/crontabs.js';
import { fakeLaunchd, fakeSchtasks } from '../../support/foreign-schedulers.js';
import type { FakeWorld } from '../../support/scheduler-world.js';
import { cronExpressions } from '../../support/schedules.js';
import { fakeSystemd } from '../../support/unit-folders.js';

/** The whole is tried with thousands by `AUTOSYNC_TEST_EXPRESSIONS=2000`. */
const EXPRESSIONS = Number(process.env['AUTOSYNC_TEST_EXPRESSIONS'] ?? 6);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const YEAR = 365 * 24 * HOUR;
const START = Date.parse('2026-01-01T00:00:00Z');

/** So many slots are looked at in a year that has more: a stretch at the start of each quarter. */
const STRETCH = 12;

const SECOND = 41;

/**
 * When an entry begins a run: at these minutes of every hour, local time, and this second. cron and launchd write none:
 * there the run waits for it (own-second.test.ts).
 */
type Beginnings = { readonly minutes: ReadonlySet<number>; readonly second: number };

/** Reads what a scheduler's files say, each in the terms of its format. */
const READERS: Readonly<Record<Scheduler['kind'], (text: string) => Beginnings>> = {
  cron: (text) => {
    const [, minutes = ''] = /^(\S+) \* \* \* \* /m.exec(text) ?? [];
    return { minutes: new Set(cronFields(`${minutes} * * * *`).minutes), second: SECOND };
  },
  systemd: (text) => {
    const [, minutes = '', second] = /^OnCalendar=\*-\*-\* \*:(\S+):(\d\d)$/m.exec(text) ?? [];
    return { minutes: new Set(minutes === '*' ? all : minutes.split(',').map(Number)), second: Number(second) };
  },
  launchd: (text) => {
    const minutes = [...text.matchAll(/<key>Minute<\/key><integer>(\d+)<\/integer>/g)].map(([, one]) => Number(one));
    return { minutes: new Set(text.includes('<dict/>') ? all : minutes), second: SECOND };
  },
  schtasks: (text) => {
    const triggers = [...text.matchAll(/<Interval>PT(\d+)M<.*?<StartBoundary>2020-01-01T00:(\d\d):(\d\d)</gs)];
    const minutes = triggers.flatMap(([, every, first]) =>
      all.filter((minute) => (minute - Number(first)) % Number(every) === 0),
    );
    return { minutes: new Set(minutes), second: Number(triggers[0]?.[3]) };
  },
};

const all = Array.from({ length: 60 }, (_, minute) => minute);

const zone = process.env['TZ'];
const worlds: FakeWorld[] = [];
beforeAll(() => {
  worlds.push(fakeCrontab(), fakeSystemd(), fakeLaunchd(), fakeSchtasks());
});
afterAll(() => {
  for (const world of worlds) world.remove();
});
afterEach(() => {
  process.env['TZ'] = zone;
});

async function beginnings(scheduler: Scheduler, slot: ScheduleSlot): Promise<Beginnings> {
  const home = asAbsolute('/home/ada');
  const files = await scheduler.render({ launcher: asAbsolute('/home/ada/run'), home, slots: [slot], second: SECOND });
  return READERS[scheduler.kind](files.map(({ content }) => content).join('\n'));
}

/** Returns the first beginning at or after a time. */
function beginningFrom({ minutes, second }: Beginnings, time: number): number {
  let at = Math.ceil((time - second * 1000) / MINUTE) * MINUTE;
  while (!minutes.has(new Date(at).getMinutes())) at += MINUTE;
  return at + second * 1000;
}

/** Returns the slots that are made, one for each beginning at which the gate says that it is due. */
function slotsMade(entry: Beginnings, slot: ScheduleSlot, from: number, count: number): readonly number[] {
  const made: number[] = [];
  let lastRun = from;
  while (made.length < count) {
    const due = nextDue({ slot, lastRun, now: lastRun });
    if (due > from + YEAR) break;
    const now = beginningFrom(entry, due);
    expect(isDue({ slot, lastRun, now })).toBe(true);
    expect(now - due).toBeLessThan(MINUTE);
    made.push(due - slot.offsetSeconds * 1000);
    lastRun = now;
  }
  return made;
}

/** cron-parser does not take a value that is listed twice (`1,1-5`), which cron does. */
function isTaken(expression: string): boolean {
  try {
    return CronExpressionParser.parse(expression) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Writes a star for a field of days that begins with one and has all of them, as with a step of one: to cron that is no
 * restriction, to cron-parser an alternative to the other field of days.
 */
function plainStars(expression: string): string {
  const { daysOfMonth, daysOfWeek } = cronFields(expression);
  const complete = [false, false, daysOfMonth.length === 31, false, daysOfWeek.length === 7];
  const fields = expression.split(' ').map((text, at) => (complete[at] && text.startsWith('*') ? '*' : text));
  return fields.join(' ');
}

/** What cron-parser, asked for nothing else, says of the expression that the person wrote. */
function slotsOf(expression: string, from: number, count: number): readonly number[] {
  const iterator = CronExpressionParser.parse(plainStars(expression), { currentDate: from });
  const slots: number[] = [];
  while (slots.length < count) {
    const next = iterator.next().getTime();
    if (next > from + YEAR) break;
    slots.push(next);
  }
  return slots;
}

describe('a year under every scheduler', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/St_Johns'])(
    'in %s has the same slots',
    async (name) => {
      process.env['TZ'] = name;
      let looked = 0;
      const property = fc.asyncProperty(cronExpressions.filter(isTaken), fc.nat(), async (expression, number) => {
        const schedule = { kind: 'cron' as const, expression };
        const slot = { schedule, offsetSeconds: number % spreadSeconds(schedule) };
        for (const { scheduler } of worlds) {
          const entry = await beginnings(scheduler, slot);
          for (let part = 0; part < 4; part += 1) {
            const from = START + (part * YEAR) / 4;
            const expected = slotsOf(expression, from, STRETCH);
            const made = slotsMade(entry, slot, from + slot.offsetSeconds * 1000, expected.length);
            expect([scheduler.kind, expression, ...made]).toEqual([scheduler.kind, expression, ...expected]);
            looked += made.length;
            // A whole year has been seen already.
            if (expected.length < STRETCH) break;
          }
        }
      });
      await fc.assert(property, { numRuns: EXPRESSIONS, examples: [['* * */2 * */1', 0]] });
      if (EXPRESSIONS > 6) console.info(`${name}: ${EXPRESSIONS} expressions, ${looked} slots, no disagreement`);
      expect(looked).toBeGreaterThan(0);
    },
    3_600_000,
  );
});
