import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AutosyncError } from '../../../src/model/errors.js';
import { type AbsolutePath, asAbsolute } from '../../../src/model/paths.js';
import type { ScheduleSlot } from '../../../src/model/schedule.js';
import { createCron } from '../../../src/scheduler/cron.js';
import type { Scheduler, SchedulerEntry } from '../../../src/scheduler/scheduler.js';
import { fakeCrontab } from '../../support/crontabs.js';
import type { FakeWorld } from '../../support/scheduler-world.js';

const BEGIN = '# BEGIN AUTOSYNC (managed; edits inside are lost)';
const END = '# END AUTOSYNC';
const TABLE = Buffer.from('HOME=/\n0 3 * * * job\n');

const slot: ScheduleSlot = { schedule: { kind: 'every', seconds: 300 }, offsetSeconds: 90 };

// A change of the table starts dozens of programs, and some tests make many.
vi.setConfig({ testTimeout: 300_000 });

let world: FakeWorld;
beforeEach(() => {
  world = fakeCrontab();
  return () => world.remove();
});

const entry = (): SchedulerEntry => ({
  launcher: asAbsolute(join(world.home, '.local', 'share', 'autosync', 'run')),
  home: asAbsolute(world.home),
  slots: [slot],
  second: 0,
});

const text = (): string | undefined => world.read()?.toString();
const backups = (): readonly string[] => readdirSync(join(world.state, 'backups')).sort();
const backup = (name: string): Buffer => readFileSync(join(world.state, 'backups', name));

async function refusal(work: Promise<unknown>): Promise<AutosyncError> {
  const error: unknown = await work.then(
    () => new Error('it was taken'),
    (reason: unknown) => reason,
  );
  if (error instanceof AutosyncError) return error;
  throw error;
}

describe('the entry in a crontab', () => {
  it('is one line between two markers, above the variables of others', async () => {
    world.write(TABLE);
    await world.scheduler.install(entry());
    expect(text()).toBe(
      `${BEGIN}\n2-59/5 * * * * "$HOME/.local/share/autosync/run" snapshot --due\n${END}\nHOME=/\n0 3 * * * job\n`,
    );
    const state = await world.scheduler.state(entry());
    expect(state.detail).toBe('2-59/5 * * * * "$HOME/.local/share/autosync/run" snapshot --due');
  });

  it('names the launcher in full where cron sets another HOME than ours', async () => {
    const other = createCron({
      locations: { state: asAbsolute('/s'), backups: asAbsolute('/b') },
      loginHome: () => undefined,
    });
    const line = async (scheduler: Scheduler, change = {}): Promise<string | undefined> =>
      (await scheduler.render({ ...entry(), ...change }))[0]?.content;
    expect(await line(other)).toContain(` '${entry().launcher}' snapshot --due\n`);
    expect(await line(world.scheduler, { launcher: '/opt/run' })).toContain(" '/opt/run' snapshot --due\n");
  });

  it('is put right when somebody has edited it, and nothing else is', async () => {
    await world.scheduler.install(entry());
    world.write(Buffer.from(`# above\n${BEGIN}\n0 0 1 1 * something else\n${END}\n# below\n`));
    expect((await world.scheduler.state(entry())).kind).toBe('different');
    expect(await world.scheduler.install(entry())).toEqual({ kind: 'updated' });
    expect(text()).toMatch(/^# above\n# BEGIN .*\n2-59\/5 .*\n# END AUTOSYNC\n# below\n$/);
    await world.scheduler.uninstall();
    expect(text()).toBe('# above\n# below\n');
  });

  it('goes away without a trace in any table', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 });
    const lines = fc.array(fc.constantFrom('A=b', '0 3 * * * a\\rb', '# \r', '', ' # END', END.slice(1)), {
      minLength: 1,
    });
    const tables = fc.oneof(
      bytes,
      lines.map((all) => Buffer.from(all.join('\n'))),
    );
    // Its own, so that it never touches its neighbours' table, however long it takes.
    const { write, read, scheduler } = world;
    const installed = entry();
    await fc.assert(
      fc.asyncProperty(tables, async (table) => {
        write(Buffer.from(table));
        await scheduler.install(installed);
        await scheduler.uninstall();
        expect(read()).toEqual(Buffer.from(table));
      }),
      { numRuns: 20 },
    );
  });
});

describe('two home folders of one person, with one crontab', () => {
  const launcherIn = (home: string): AbsolutePath => asAbsolute(join(home, '.local', 'share', 'autosync', 'run'));
  const entryIn = (home: string, seconds = 300): SchedulerEntry => ({
    ...entry(),
    launcher: launcherIn(home),
    home: asAbsolute(home),
    slots: [{ schedule: { kind: 'every', seconds }, offsetSeconds: 0 }],
  });
  const schedulerIn = (home: string): Scheduler => {
    const state = asAbsolute(join(world.state, home.replaceAll('/', '-')));
    return createCron({
      locations: { state, backups: asAbsolute(join(state, 'backups')), launcher: launcherIn(home) },
      findCrontab: () => asAbsolute(join(dirname(world.home), 'crontab')),
      daemonRuns: () => true,
      loginHome: () => asAbsolute('/home/ada'),
    });
  };
  const [first, second] = ['/home/ada', '/srv/work'];
  const plain = `${BEGIN}\n*/5 * * * * "$HOME/.local/share/autosync/run" snapshot --due\n${END}\n`;
  const minutes = (): readonly string[] => text()?.match(/^\S+(?= \* \* \* \* \S+ snapshot)/gm) ?? [];

  it('have a block each, and each is brought up to date and taken out on its own', async () => {
    world.write(TABLE);
    const [one, other] = [schedulerIn(first), schedulerIn(second)];
    await one.install(entryIn(first));
    expect((await other.state(entryIn(second))).kind).toBe('absent');
    expect(await other.install(entryIn(second))).toEqual({ kind: 'installed' });
    expect(text()).toContain(plain);
    expect(await other.install(entryIn(second, 600))).toEqual({ kind: 'updated' });
    expect(await other.install(entryIn(second, 600))).toEqual({ kind: 'unchanged' });
    expect(await one.install(entryIn(first, 900))).toEqual({ kind: 'updated' });
    expect(minutes()).toEqual(['*/10', '*/15']);
    for (const [scheduler, home, seconds] of [
      [one, first, 900],
      [other, second, 600],
    ] as const) {
      expect((await scheduler.state(entryIn(home, seconds))).kind).toBe('present');
    }
    await one.uninstall();
    expect(minutes()).toEqual(['*/10']);
    // It stays the same block, although the plain markers are free now.
    expect(await other.install(entryIn(second, 600))).toEqual({ kind: 'unchanged' });
    await one.install(entryIn(first));
    expect(text()).toContain(plain);
    await other.uninstall();
    await one.uninstall();
    expect(text()).toBe(TABLE.toString());
  });

  it('a block with the plain markers is known by the launcher that it calls', async () => {
    const own = plain.replace(/"\$HOME.*"/, `'${launcherIn(second)}'`);
    world.write(Buffer.from(own));
    expect((await schedulerIn(second).state(entryIn(second))).kind).toBe('present');
    await schedulerIn(first).install(entryIn(first, 900));
    expect(text()?.endsWith(own)).toBe(true);
    await schedulerIn(second).uninstall();
    expect(minutes()).toEqual(['*/15']);
  });

  it('and a block that calls nobody any more is put right', async () => {
    world.write(Buffer.from(`${BEGIN}\n0 0 1 1 * something else\n${END}\n`));
    expect(await schedulerIn(first).install(entryIn(first))).toEqual({ kind: 'updated' });
    expect(text()).toBe(plain);
  });
});

describe('markers that are not one pair', () => {
  it.each([
    [`${BEGIN}\nx\n`, '1'],
    [`a\n${END}\n`, '2'],
    [`${END}\n${BEGIN}\n`, '1, 2'],
    [`${BEGIN}\n${END}\n\n${BEGIN}\n${END}\n`, '1, 2, 4, 5'],
    [`${BEGIN}\n${BEGIN}\n${END}\n`, '1, 2, 3'],
  ])('are refused with their line numbers, and nothing is touched (%#)', async (table, lines) => {
    world.write(Buffer.from(table));
    const words = `crontab has markers of autosync that are not one pair (line ${lines})`;
    expect(await world.scheduler.state(entry())).toEqual({ kind: 'unreadable', detail: words });
    for (const work of [world.scheduler.install(entry()), world.scheduler.uninstall()]) {
      expect(await refusal(work)).toMatchObject({ kind: 'environment', message: words });
    }
    expect(text()).toBe(table);
    expect(world.changes()).toBe(0);
  });
});

describe('a crontab that somebody else changes meanwhile', () => {
  it('keeps his change and gets our entry', async () => {
    world.write(TABLE);
    world.behave('edited-once');
    await world.scheduler.install(entry());
    expect(text()?.startsWith(BEGIN)).toBe(true);
    expect(text()?.endsWith(`${TABLE}0 4 * * * added meanwhile\n`)).toBe(true);
  });

  it('is left alone when that does not end', async () => {
    world.write(TABLE);
    world.behave('edited');
    const error = await refusal(world.scheduler.install(entry()));
    expect(error).toMatchObject({ kind: 'failed', message: 'crontab is being changed by somebody else' });
    expect(world.changes()).toBe(0);
  });
});

describe('copies of the crontab', () => {
  it('are kept before every change, but no more than ten', async () => {
    let now = Date.parse('2026-11-20T23:58:50.007Z');
    const other = fakeCrontab({ clock: { now: () => now, monotonic: () => 0, sleep: () => Promise.resolve() } });
    const folder = join(other.state, 'backups');
    for (let count = 0; count < 12; count += 1) {
      other.write(Buffer.from(`# ${count}\n`));
      await other.scheduler.install(entry());
      now += 1_000;
    }
    const names = readdirSync(folder).sort();
    expect(names).toHaveLength(10);
    expect(names[0]).toBe('crontab-2026-11-20T23-58-52.007Z-before');
    expect(names.map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(
      Array.from({ length: 10 }, (_, index) => `# ${index + 2}\n`),
    );
    now -= 86_400_000;
    await other.scheduler.uninstall();
    expect(readdirSync(folder)).toContain('crontab-2026-11-19T23-59-02.007Z-before');
    other.remove();
  });

  it('hold what stood there unexpectedly, before the old table is put back', async () => {
    world.write(TABLE);
    world.behave('silently-half-once');
    const error = await refusal(world.scheduler.install(entry()));
    expect(error.message).toBe('crontab could not be changed and is as it was: it reads back differently');
    const [before = '', unexpected = ''] = backups();
    expect(backup(before)).toEqual(TABLE);
    expect(unexpected).toMatch(/-unexpected$/);
    expect(backup(unexpected).length).toBeGreaterThan(0);
  });

  it('are what the person is pointed at when the old table cannot be put back', async () => {
    world.write(TABLE);
    world.behave('half');
    const error = await refusal(world.scheduler.install(entry()));
    expect(error.message).toMatch(/^crontab could not be put back: /);
    const [copy = ''] = error.hints;
    expect(copy).toMatch(/^crontab '.*-before'$/);
    expect(readFileSync(copy.slice("crontab '".length, -1))).toEqual(TABLE);
  });
});

describe('what the crontab was like before us', () => {
  it('is forgotten at the end, with all our other files but the copies', async () => {
    await world.scheduler.install(entry());
    expect(readFileSync(join(world.state, 'crontab.json'), 'utf8')).toBe('{"schema":1,"hadTable":false}\n');
    expect(readdirSync(world.state)).toEqual(['crontab.json']);
    writeFileSync(join(world.state, 'crontab.new'), 'left by a killed run');
    await world.scheduler.uninstall();
    expect(readdirSync(world.state)).toEqual(['backups']);
  });

  it('does not matter when the person has added lines since', async () => {
    await world.scheduler.install(entry());
    world.write(Buffer.concat([world.read() ?? Buffer.alloc(0), TABLE]));
    await world.scheduler.uninstall();
    expect(world.read()).toEqual(TABLE);
  });

  it('is not guessed when it cannot be read: an empty table does less harm than none', async () => {
    await world.scheduler.install(entry());
    writeFileSync(join(world.state, 'crontab.json'), '\0\0\0');
    await world.scheduler.uninstall();
    expect(text()).toBe('');
  });

  it('does not take away an empty table that the person left', async () => {
    await world.scheduler.install(entry());
    world.write(Buffer.alloc(0));
    await world.scheduler.uninstall();
    expect(text()).toBe('');
    expect(world.changes()).toBe(1);
  });

  it('does not bring back a table that the person removed', async () => {
    world.write(TABLE);
    await world.scheduler.install(entry());
    world.write(undefined);
    await world.scheduler.uninstall();
    expect(world.read()).toBeUndefined();
  });
});

describe('a machine without a working cron', () => {
  it('says why', async () => {
    const none = fakeCrontab({ findCrontab: () => undefined });
    const idle = fakeCrontab({ daemonRuns: () => false });
    world.behave('unreadable');
    const why = async (one: FakeWorld): Promise<unknown> => one.scheduler.availability();
    expect(await why(none)).toEqual({
      kind: 'unavailable',
      why: "there is no program 'crontab' on PATH",
      mend: 'install cron',
    });
    expect(await why(idle)).toEqual({
      kind: 'unavailable',
      why: 'no cron daemon is running',
      mend: 'start cron: sudo service cron start',
    });
    expect(await why(world)).toEqual({
      kind: 'unavailable',
      why: 'crontab cannot be read: crontabs/person/: fdopen: Permission denied',
      mend: "see what 'crontab -l' says",
    });
    expect((await none.scheduler.state(entry())).kind).toBe('absent');
    expect((await world.scheduler.state(entry())).kind).toBe('unreadable');
    expect(await refusal(none.scheduler.install(entry()))).toMatchObject({ kind: 'environment' });
    none.remove();
    idle.remove();
  });

  it('lets go in silence of what was never installed', async () => {
    const none = fakeCrontab({ findCrontab: () => undefined });
    await none.scheduler.uninstall();
    none.remove();
    world.behave('unreadable');
    await world.scheduler.uninstall();
    expect(world.changes()).toBe(0);
  });

  it('is looked at without leaving anything behind', async () => {
    const state = asAbsolute(join(world.home, 'nothing', 'here'));
    const other = fakeCrontab({ locations: { state, backups: asAbsolute(join(state, 'backups')) } });
    await other.scheduler.availability();
    await other.scheduler.render(entry());
    await other.scheduler.state(entry());
    await other.scheduler.uninstall();
    expect(existsSync(state)).toBe(false);
    other.remove();
  });
});
