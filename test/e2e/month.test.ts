import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMonth, dateOf, type Month, standing, type Workplace } from '../support/month.js';
import { needs } from '../support/needs.js';
import { copiesIn } from '../support/oracles.js';

/** `npm run month` plays every day; here it is some of them, among which everything special happens. */
const IS_WHOLE = process.env['AUTOSYNC_TEST_MONTH'] === 'whole';
const SOME_DAYS: readonly number[] = [1, 4, 7, 9, 13, 16, 22, 25];
const DAYS = Array.from({ length: 28 }, (_, at) => at + 1).filter((day) => IS_WHOLE || SOME_DAYS.includes(day));
const LIMIT_MS = IS_WHOLE ? 7_200_000 : 1_200_000;
const OFFLINE = { from: 8, to: 14 } as const;
const CONFLICT_DAYS: readonly number[] = IS_WHOLE ? [4, 10, 17, 25] : [4, 25];
const RENAME_DAY = 7;
const TIDY_DAY = 22;
/** He wants the plan of this day back, and makes a run that he regrets. */
const PLAN_DAY = 9;

/** A month of one person with two machines: what he writes must be there at the end, whatever happened in between. */
describe.skipIf(!needs('faketime'))('a month of one person with two machines', () => {
  let month: Month;
  /** Every line that was ever written. */
  const written: string[] = [];
  const offline: string[] = [];

  function writeLine({ desk, name }: Workplace, file: string, what: string): void {
    const line = `${what} at the ${name}`;
    written.push(line);
    desk.write(file, `${desk.has(file) ? desk.read(file) : ''}${line}\n`);
  }

  /** A run by the schedule would wait for the machine's own second, by a clock that is faked for it. */
  function run({ autosync, name }: Workplace, day: number): void {
    const { code, out, err } = autosync('snapshot', '--all');
    if (code === 12) offline.push(`${name} ${day}`);
    else if (code !== 0) throw new Error(`day ${day}, ${name}: exit code ${code}\n${out}${err}`);
  }

  function playDay(day: number): void {
    const { laptop, desktop, setTime } = month;
    desktop.online(day < OFFLINE.from || day > OFFLINE.to);
    setTime(day, 9);
    writeLine(laptop, `journal/${day}.md`, `morning of day ${day}`);
    if (day === RENAME_DAY) laptop.desk.rename('journal/1.md', 'journal/the first day.md');
    run(laptop, day);
    setTime(day, 14);
    writeLine(desktop, 'plan.md', `afternoon of day ${day}`);
    if (CONFLICT_DAYS.includes(day)) {
      writeLine(laptop, 'plan.md', `afternoon of day ${day}`);
      run(laptop, day);
    }
    setTime(day, 18);
    run(desktop, day);
    if (day === TIDY_DAY) {
      tidyUp(laptop);
      run(laptop, day);
      bringBack(laptop);
      regret(laptop, day);
    }
    setTime(day, 20);
    run(laptop, day);
  }

  /** The person takes what he wants from the copies into the file, and deletes them. */
  function tidyUp({ desk }: Workplace): void {
    const copies = copiesIn(desk);
    expect(copies.length).toBeGreaterThan(0);
    for (const copy of copies) {
      const missing = desk
        .read(copy)
        .split('\n')
        .filter((line) => !desk.read('plan.md').split('\n').includes(line));
      desk.write('plan.md', `${desk.read('plan.md')}${missing.join('\n')}\n`);
      desk.remove(copy);
    }
  }

  /** The plan as the laptop knew it in the morning of an earlier day, beside the one there is. */
  function bringBack({ autosync, desk }: Workplace): void {
    const at = dateOf(PLAN_DAY);
    const plan = join(desk.top, 'plan.md');
    const { code, err } = autosync('restore', plan, '--at', `${at} 12:00`, '--to', join(desk.top, 'earlier plan.md'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
  }

  /** A run that sends what he did not mean to keep, and taking it back. */
  function regret(place: Workplace, day: number): void {
    const { desk, autosync } = place;
    desk.write('plan.md', `${desk.read('plan.md')}not meant to stay\n`);
    desk.write('mistake.md', 'not meant to stay\n');
    run(place, day);
    expect(autosync('undo', desk.top)).toMatchObject({ code: 0, err: '' });
    expect([desk.has('mistake.md'), desk.read('plan.md').includes('not meant')]).toEqual([false, false]);
  }

  beforeAll(() => {
    month = createMonth();
    for (const day of DAYS) playDay(day);
    const { laptop, desktop, setTime } = month;
    setTime(29, 9);
    for (const place of [laptop, desktop, laptop]) run(place, 29);
  }, LIMIT_MS);
  afterAll(() => month.world.remove());

  it('ends with equal trees on both machines and at the hub', () => {
    const [laptop, desktop] = standing(month);
    expect(laptop).toMatchObject({ status: '', isHub: true, damage: '' });
    expect(desktop).toEqual(laptop);
  });

  it('has lost no line', () => {
    const all = Object.values(month.laptop.desk.files()).join('\n').split('\n');
    expect(written.length).toBeGreaterThan(15);
    expect(written.filter((line) => !all.includes(line))).toEqual([]);
  });

  it('has seen the week without a network, and the conflicts', () => {
    expect(offline.length).toBeGreaterThan(0);
    expect(offline.every((where) => /^desktop (8|9|1[0-4])$/.test(where))).toBe(true);
    expect(copiesIn(month.laptop.desk).length).toBeGreaterThan(0);
    expect(Object.keys(month.desktop.desk.files())).toContain('journal/the first day.md');
  });

  it('has the earlier plan that was brought back, and not what was taken back', () => {
    const earlier = month.desktop.desk.read('earlier plan.md').trim().split('\n');
    const wanted = written.filter((line) => line.startsWith('afternoon'));
    expect(earlier.length).toBeGreaterThan(0);
    expect(earlier.filter((line) => !wanted.includes(line))).toEqual([]);
    const isLater = (line: string): boolean => Number(/day (\d+)/.exec(line)?.[1]) > PLAN_DAY;
    expect(earlier.filter(isLater)).toEqual([]);
    expect(month.desktop.desk.has('mistake.md')).toBe(false);
    expect(month.desktop.desk.git('log', '--full-history', '--format=%H', '--', 'mistake.md').split('\n')).toHaveLength(
      2,
    );
  });

  it('can be read in a report', () => {
    const { autosync, home } = month.desktop;
    expect(autosync('report', '--out', 'month.html', '--since', '29d')).toMatchObject({ code: 0 });
    const page = readFileSync(join(home.folder, 'month.html'), 'utf8');
    const { repos } = JSON.parse(autosync('report', '--json', '--since', '29d').out);
    const machines = repos[0].commits.map((commit: { machine: string | null }) => commit.machine);
    expect(new Set(machines)).toEqual(new Set(['laptop', 'desktop']));
    expect(repos[0].incidents.map(({ what }: { what: string }) => what)).toContain('offline');
    expect(page).toContain('datetime="2031-03-04"');
    expect(page).toMatch(/<th scope="row">trouble<\/th>/);
    expect(page).toMatch(/<mark>.*laptop.*<\/mark>|at the laptop/);
    const keep = process.env['AUTOSYNC_TEST_MONTH_PAGE'];
    if (keep !== undefined) writeFileSync(keep, page);
  });
});
