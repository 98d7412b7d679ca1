import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { asRelative } from '../../../src/model/paths.js';
import { NOTHING_DONE, type RepoReport } from '../../../src/model/report.js';
import type { Locations } from '../../../src/store/locations.js';
import { NEVER_RUN, type RepoState, readState, removeState, updateState } from '../../../src/store/state.js';
import { freshLocations } from '../../support/locations.js';

let locations: Locations;
let file: string;

beforeEach(() => {
  locations = freshLocations();
  file = join(locations.state, 'repos', 'x.json');
});

const read = (): RepoState => readState(locations, 'x');
const update = (change: (state: RepoState) => RepoState): Promise<RepoState> =>
  updateState(locations, { id: 'x', change });

/** Leaves a state file with any content. */
function leave(content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

const report: RepoReport = {
  ...NOTHING_DONE,
  path: '/home/me/caf\udce9',
  vcs: 'git',
  branch: 'main',
  verdict: 'conflict',
  why: 'two versions of one file',
  blocked: { kind: 'merge', hint: 'git merge --abort' },
  commit: {
    kind: 'committed',
    id: '0'.repeat(40),
    message: 'Added a',
    changes: [{ type: 'added', path: asRelative('a\udcff\n') }],
  },
  quarantined: [{ path: asRelative('big'), reason: 'too-large' }],
  integrate: { kind: 'merged', files: 1, conflicts: [{ path: asRelative('b'), kind: 'content' }] },
  durationMs: 12,
};

const everything: RepoState = {
  schema: 1,
  failures: 2,
  lastRunAt: 1,
  lastGoodRunAt: 4_102_444_800_000,
  lastReport: report,
  leftToPerson: { branch: report.branch, integrate: { ...report.integrate, kind: 'paused' } },
  nextTryAt: 5,
  announced: { troubles: [] },
  pausedUntil: 'until-resumed',
  stillChanging: { 'a\udcff\n': 3 },
  rules: { include: [], ignore: ['*.log'] },
};

describe('the state of a repository', () => {
  it('that never ran is that it never ran', () => {
    expect(read()).toEqual(NEVER_RUN);
  });

  it('is remembered, all of it, for its owner alone', async () => {
    expect(await update(() => everything)).toEqual(everything);
    expect(read()).toEqual(everything);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(file))).toEqual(['x.json']);
    expect(readdirSync(locations.state)).toEqual(['repos']);
  });

  it('is not written again when nothing has changed', async () => {
    await update(() => everything);
    const { ino } = statSync(file, { bigint: true });
    await update((state) => state);
    expect(statSync(file, { bigint: true }).ino).toBe(ino);
  });

  it('is forgotten on request', async () => {
    await update(() => everything);
    removeState(locations, 'x');
    removeState(locations, 'x');
    expect(read()).toEqual(NEVER_RUN);
  });

  it('loses no change of several that are made at the same time', async () => {
    const count = (state: RepoState): RepoState => ({ ...state, failures: state.failures + 1 });
    await Promise.all([
      ...Array.from({ length: 20 }, () => update(count)),
      update((state) => ({ ...state, pausedUntil: 7 })),
    ]);
    expect(read()).toEqual({ schema: 1, failures: 20, pausedUntil: 7 });
  });

  it('stays as it was when the change fails', async () => {
    await update(() => everything);
    const failure = new Error('no');
    const attempt = update(() => {
      throw failure;
    });
    await expect(attempt).rejects.toBe(failure);
    expect(read()).toEqual(everything);
  });
});

describe('a damaged state', () => {
  it.each([
    ['empty', ''],
    ['full of NULs', '\0'.repeat(500)],
    ['no JSON', '{"schema":1,'],
    ['a list', '[]'],
    ['nothing', 'null'],
    ['of another schema', '{"schema":2,"failures":3}'],
    ['not UTF-8', new Uint8Array([0xff, 0xfe, 0x00])],
  ])('(%s) is that of a repository that never ran', (_what, content) => {
    leave(content);
    expect(read()).toEqual(NEVER_RUN);
  });

  it('is no error when a folder stands in its place', () => {
    mkdirSync(file, { recursive: true });
    expect(read()).toEqual(NEVER_RUN);
  });

  it('is replaced by the next one', async () => {
    leave('\0\0\0');
    await update((state) => ({ ...state, failures: state.failures + 1 }));
    expect(read()).toEqual({ schema: 1, failures: 1 });
  });

  // A thousand files that are flushed: a slow disk takes its time.
  it('may be cut off anywhere', { timeout: 240_000 }, async () => {
    await update(() => everything);
    const whole = readFileSync(file).length;
    for (let length = 0; length < whole - 1; length += 1) {
      await update(() => everything);
      truncateSync(file, length);
      expect([everything, NEVER_RUN]).toContainEqual(read());
    }
  });

  it.each([
    ['lastRunAt', '"yesterday"'],
    ['lastGoodRunAt', 'null'],
    ['lastGoodRunAt', '1e999'],
    ['lastReport', '{}'],
    ['lastReport', JSON.stringify({ ...report, verdict: 'toString' })],
    ['lastReport', JSON.stringify({ ...report, blocked: undefined })],
    ['lastReport', JSON.stringify({ ...report, commit: { kind: 'committed' } })],
    ['lastReport', JSON.stringify({ ...report, quarantined: [{ path: 'x' }] })],
    ['lastReport', JSON.stringify({ ...report, integrate: { ...report.integrate, conflicts: [null] } })],
    ['leftToPerson', JSON.stringify({ integrate: report.integrate })],
    ['leftToPerson', JSON.stringify({ branch: 'main', integrate: { kind: 'paused', conflicts: [null] } })],
    ['nextTryAt', '[]'],
    ['pausedUntil', '"for ever"'],
    ['stillChanging', '{"a":"often"}'],
  ])('of which only %s is wrong (%s) keeps the rest', (name, value) => {
    const rest = Object.entries(everything).filter(([member]) => member !== name);
    const members = rest.map(([member, content]) => `${JSON.stringify(member)}:${JSON.stringify(content)}`);
    leave(`{${[...members, `"${name}":${value}`].join(',')}}`);
    expect(read()).toEqual(Object.fromEntries(rest));
  });

  it('of any JSON at all is a state', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(everything)), fc.jsonValue()), (members) => {
        leave(JSON.stringify({ ...members, schema: 1 }));
        const state = read();
        expect(state.schema).toBe(1);
        expect(Number.isInteger(state.failures) && state.failures >= 0).toBe(true);
      }),
    );
  });
});
