import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AutosyncError } from '../../src/model/errors.js';
import { asAbsolute } from '../../src/model/paths.js';
import type { ScheduleSlot } from '../../src/model/schedule.js';
import type { SchedulerEntry } from '../../src/scheduler/scheduler.js';
import { until } from '../support/cli.js';
import { fakeCrontab, realCrontab } from '../support/crontabs.js';
import { fakeLaunchd, fakeSchtasks } from '../support/foreign-schedulers.js';
import { needs } from '../support/needs.js';
import type { FakeWorld, Manner, SchedulerWorld } from '../support/scheduler-world.js';
import { fakeSystemd, realSystemd } from '../support/unit-folders.js';

const FIVE_MINUTES: ScheduleSlot = { schedule: { kind: 'every', seconds: 300 }, offsetSeconds: 90 };
const DAILY: ScheduleSlot = { schedule: { kind: 'cron', expression: '0 3 * * *' }, offsetSeconds: 600 };

/** What a person may have where a scheduler writes; undefined is nothing at all. */
type Foreign = { readonly name: string; readonly content: Buffer | undefined };

/** One scheduler: where it can be tried, and what a person may have there. */
type Implementation = {
  readonly name: string;
  readonly present: boolean;
  readonly world: () => SchedulerWorld;
  readonly foreign: readonly Foreign[];
  /** Where the launcher may be, below the home. */
  readonly launchers: readonly string[];
};

const LAUNCHERS = [
  '.local/share/autosync/run',
  'my data/run',
  '100% mine/run',
  `it's/run & <more>`,
  'Grüße/日本/run',
  '-leading/~tilde/run',
];

/** Names that only Unix has. */
const UNIX = [...LAUNCHERS, `it's/"quoted"/run`, '$HOME/`id`/run', 'back\\slash/*/run'];

const CRONTABS: readonly Foreign[] = [
  { name: 'no crontab', content: undefined },
  { name: 'an empty crontab', content: Buffer.from('') },
  {
    name: 'jobs and variables',
    content: Buffer.from('MAILTO=""\nHOME=/\n\n*/5 * * * * job "100\\%"\n@reboot job\n\n'),
  },
  { name: 'a comment without a final newline', content: Buffer.from('0 3 * * * job\n# the end') },
  { name: 'bytes that are not UTF-8', content: Buffer.from('# caf\xe9\n0 3 * * * job /caf\xe9\n', 'latin1') },
  { name: 'CRLF and backspaces', content: Buffer.from('# a\b\r\n0 3 * * * job\r\n') },
  { name: 'backslashes that look like CR', content: Buffer.from("0 3 * * * tr -d '\\r' | grep '\\bx'\n") },
  { name: 'CR and what looks like it', content: Buffer.from("# \r\n0 3 * * * tr -d '\\r'\n") },
];

const FILES: readonly Foreign[] = [
  { name: 'nothing', content: undefined },
  { name: 'a file of others', content: Buffer.from('[Timer]\nOnCalendar=daily\n\xe9', 'latin1') },
];

const IMPLEMENTATIONS: readonly Implementation[] = [
  { name: 'cron', present: true, world: () => fakeCrontab(), foreign: CRONTABS, launchers: UNIX },
  { name: 'systemd', present: true, world: () => fakeSystemd(), foreign: FILES, launchers: UNIX },
  {
    name: 'systemd with a real user manager',
    present: needs('systemd --user'),
    world: realSystemd,
    foreign: FILES,
    launchers: UNIX,
  },
  { name: 'launchd', present: needs('plistlib'), world: () => fakeLaunchd(), foreign: FILES, launchers: UNIX },
  { name: 'schtasks', present: true, world: () => fakeSchtasks(), foreign: FILES, launchers: LAUNCHERS },
  {
    name: "cron with the machine's own crontab",
    present: needs('crontab') && needs('useradd as root'),
    world: realCrontab,
    foreign: CRONTABS,
    launchers: UNIX,
  },
];

function entryIn(world: SchedulerWorld, ...slots: readonly ScheduleSlot[]): SchedulerEntry {
  const launcher = asAbsolute(join(world.home, '.local', 'share', 'autosync', 'run'));
  return { launcher, home: asAbsolute(world.home), slots, second: 23 };
}

const entriesIn = (world: SchedulerWorld): number =>
  (
    world
      .read()
      ?.toString()
      .match(/snapshot(<\/string>\s*<string>| )--due/g) ?? []
  ).length;

describe.each(IMPLEMENTATIONS.filter((one) => one.present))(
  'the scheduler $name',
  ({ world: open, foreign, launchers }) => {
    let world: SchedulerWorld;
    beforeAll(() => {
      world = open();
    });
    afterAll(() => world.remove());
    beforeEach(async () => {
      world.write(undefined);
      await world.scheduler.uninstall();
    });

    it('says that it is available', async () => {
      expect(await world.scheduler.availability()).toEqual({ kind: 'available' });
    });

    it.each(foreign)('leaves $name byte for byte as it was, once it is uninstalled', async ({ content }) => {
      world.write(content);
      expect(await world.scheduler.install(entryIn(world, FIVE_MINUTES))).toEqual({ kind: 'installed' });
      expect(entriesIn(world)).toBe(1);
      if (content !== undefined) expect(world.read()?.includes(content)).toBe(true);
      await world.scheduler.uninstall();
      expect(world.read()).toEqual(content);
    });

    it.each(foreign)(
      'installs into $name once, and makes no call that could change anything the second time',
      async ({ content }) => {
        world.write(content);
        const untouched = world.changes();
        await world.scheduler.install(entryIn(world, FIVE_MINUTES));
        expect(world.changes()).toBeGreaterThan(untouched);
        const before = { table: world.read(), changes: world.changes() };
        expect(await world.scheduler.install(entryIn(world, FIVE_MINUTES))).toEqual({ kind: 'unchanged' });
        expect({ table: world.read(), changes: world.changes() }).toEqual(before);
      },
    );

    it('has one entry after the schedules have changed', async () => {
      await world.scheduler.install(entryIn(world, FIVE_MINUTES));
      const first = world.read();
      expect(await world.scheduler.install(entryIn(world, FIVE_MINUTES, DAILY))).toEqual({ kind: 'updated' });
      expect(entriesIn(world)).toBe(1);
      expect(world.read()).not.toEqual(first);
      expect(await world.scheduler.install(entryIn(world, FIVE_MINUTES))).toEqual({ kind: 'updated' });
      expect(world.read()).toEqual(first);
    });

    it('has no entry when no repository is registered', async () => {
      expect(await world.scheduler.install(entryIn(world))).toEqual({ kind: 'unchanged' });
      await world.scheduler.install(entryIn(world, DAILY));
      expect(await world.scheduler.install(entryIn(world))).toEqual({ kind: 'updated' });
      expect(world.read()).toBeUndefined();
      expect(await world.scheduler.render(entryIn(world))).toEqual([]);
      expect(world.scheduler.commands(entryIn(world))).toEqual([]);
    });

    it('says how its entry stands', async () => {
      const kind = async (...slots: readonly ScheduleSlot[]): Promise<string> =>
        (await world.scheduler.state(entryIn(world, ...slots))).kind;
      expect(await kind(DAILY)).toBe('absent');
      await world.scheduler.install(entryIn(world, DAILY));
      expect(await kind(DAILY)).toBe('present');
      expect(await kind(FIVE_MINUTES)).toBe('different');
      expect(await kind()).toBe('different');
    });

    it('shows beforehand exactly what it installs, and changes nothing by that', async () => {
      const changes = world.changes();
      const rendered = await world.scheduler.render(entryIn(world, DAILY));
      expect(world.scheduler.commands(entryIn(world, DAILY)).length).toBeGreaterThan(0);
      expect(world.changes()).toBe(changes);
      expect(world.read()).toBeUndefined();
      await world.scheduler.install(entryIn(world, DAILY));
      for (const { content } of rendered) expect(world.read()?.toString()).toContain(content);
    });

    it('is silent when it is uninstalled twice, or was never installed', async () => {
      const changes = world.changes();
      await world.scheduler.uninstall();
      expect(world.changes()).toBe(changes);
      await world.scheduler.install(entryIn(world, DAILY));
      await world.scheduler.uninstall();
      const after = world.changes();
      await world.scheduler.uninstall();
      expect(world.changes()).toBe(after);
    });

    it.each(launchers)('calls the launcher %s with snapshot --due', async (path) => {
      const launcher = asAbsolute(join(world.home, path));
      const heard = join(world.home, 'heard');
      mkdirSync(dirname(launcher), { recursive: true });
      writeFileSync(
        launcher,
        '#!/bin/sh\nprintf "%s\\n" "$0" "$@" > "$HOME/heard.new" && mv "$HOME/heard.new" "$HOME/heard"\n',
      );
      chmodSync(launcher, 0o755);
      rmSync(heard, { force: true });
      const entry: SchedulerEntry = { ...entryIn(world, DAILY), launcher };
      await world.scheduler.install(entry);
      expect(await world.scheduler.start(entry, 50_000)).toEqual({ kind: expect.stringMatching('ended|started') });
      await until('the launcher was called', () => existsSync(heard));
      expect(readFileSync(heard, 'utf8')).toBe(`${launcher}\nsnapshot\n--due\n`);
      expect((await world.scheduler.state(entry)).kind).toBe('present');
    });
  },
);

const FAKES: readonly { readonly name: string; readonly open: (change?: { timeLimitMs: number }) => FakeWorld }[] = [
  { name: 'cron', open: fakeCrontab },
  { name: 'systemd', open: fakeSystemd },
  { name: 'launchd', open: fakeLaunchd },
  { name: 'schtasks', open: fakeSchtasks },
];

describe.each(FAKES)('the scheduler $name, when its program misbehaves', ({ open }) => {
  let world: FakeWorld;
  beforeEach(() => {
    world = open();
    return () => world.remove();
  });

  const table = Buffer.from('HOME=/\n0 3 * * * job\n');
  const manners: readonly Manner[] = ['unreadable', 'refuses', 'half-once', 'silently-half-once'];

  /** Fails as the contract wants it: with words for the person, and with everything as it was. */
  async function expectUnharmed(work: () => Promise<unknown>, before: Buffer | undefined): Promise<void> {
    const error: unknown = await work().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(AutosyncError);
    expect(error).toMatchObject({ kind: 'environment' });
    expect(world.read()).toEqual(before);
    world.behave('well');
  }

  it.each(manners)(
    '(%s) leaves everything as it was when installing fails, and installs afterwards',
    async (manner) => {
      for (const before of [table, undefined]) {
        world.write(before);
        world.behave(manner);
        await expectUnharmed(() => world.scheduler.install(entryIn(world, DAILY)), before);
        expect(await world.scheduler.install(entryIn(world, DAILY))).toEqual({ kind: 'installed' });
        await world.scheduler.uninstall();
        expect(world.read()).toEqual(before);
      }
    },
  );

  it.each(manners)(
    '(%s) leaves everything as it was when uninstalling fails, and uninstalls afterwards',
    async (manner) => {
      for (const before of [table, undefined]) {
        world.write(before);
        await world.scheduler.install(entryIn(world, DAILY));
        const installed = world.read();
        world.behave(manner);
        await expectUnharmed(() => world.scheduler.uninstall(), installed);
        await world.scheduler.uninstall();
        expect(world.read()).toEqual(before);
      }
    },
  );

  it('is not waited for without end', async () => {
    world.remove();
    world = open({ timeLimitMs: 3_000 });
    world.write(table);
    world.behave('hangs-once');
    await expectUnharmed(() => world.scheduler.install(entryIn(world, DAILY)), table);
  });

  it('makes no call that could change anything when it cannot read', async () => {
    world.write(table);
    world.behave('unreadable');
    await expectUnharmed(() => world.scheduler.install(entryIn(world, DAILY)), table);
    expect(world.changes()).toBe(0);
  });
});
