import { describe, expect, it } from 'vitest';
import { type AnnouncedState, announce, NOTHING_ANNOUNCED, readAnnounced } from '../../../src/engine/announce.js';
import type {
  BlockedKind,
  Conflict,
  IntegrateOutcome,
  RejectReason,
  RemoteFailure,
} from '../../../src/model/outcome.js';
import { asRelative } from '../../../src/model/paths.js';
import { NOTHING_DONE, type RepoReport } from '../../../src/model/report.js';
import type { Notification } from '../../../src/notify/notifier.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 0, 1);
const QUIET = { notifyIncoming: false, offlineNewsHours: 8 };

const report = (changes: Partial<RepoReport>): RepoReport => ({
  ...NOTHING_DONE,
  path: '/home/ann/notes',
  vcs: 'git',
  branch: 'main',
  verdict: 'synced',
  why: '',
  durationMs: 1,
  ...changes,
});

const synced = report({});
const skipped = report({ verdict: 'skipped' });
const paused = report({ verdict: 'paused' });
const failed = report({ verdict: 'failed', why: 'git ended with exit code 128' });
const offline = unavailable('offline', 'offline');
const auth = unavailable('attention', 'auth');

function unavailable(verdict: RepoReport['verdict'], reason: RemoteFailure): RepoReport {
  return report({ verdict, fetch: { kind: 'unavailable', reason, why: reason } });
}

const rejected = (reason: RejectReason): RepoReport =>
  report({ verdict: 'attention', push: { kind: 'rejected', reason, why: reason } });

const blocked = (kind: BlockedKind): RepoReport => report({ verdict: 'blocked', blocked: { kind, hint: 'do this' } });

const integrated = (kind: IntegrateOutcome['kind'], conflicts: readonly Conflict[], files = 1): RepoReport =>
  report({ verdict: conflicts.length > 0 ? 'conflict' : 'synced', integrate: { kind, files, conflicts } });

const both = (path: string, copy: string): Conflict => ({
  path: asRelative(path),
  kind: 'content',
  kept: asRelative(path),
  copy: asRelative(copy),
});

const held = (path: string): Conflict => ({ path: asRelative(path), kind: 'content' });

type Step = readonly [at: number, report: RepoReport];
type Told = readonly [at: number, event: Notification['event'], paths?: readonly string[]];

/** Plays runs in order, the state going through JSON as it does on disk, and returns what was announced, and when. */
function play(steps: readonly Step[], settings = QUIET): readonly Told[] {
  let previous: AnnouncedState = NOTHING_ANNOUNCED;
  const told: Told[] = [];
  for (const [at, run] of steps) {
    const { notification, remember } = announce({ previous, report: run, now: START + at, settings });
    if (notification !== undefined) {
      const { event, paths } = notification;
      told.push(paths.length === 0 ? [at, event] : [at, event, paths]);
    }
    previous = readAnnounced(JSON.parse(JSON.stringify(remember)));
  }
  return told;
}

type Story = { readonly name: string; readonly runs: readonly Step[]; readonly told: readonly Told[] };

const stories: readonly Story[] = [
  {
    name: 'a run with nothing wrong is not news',
    runs: [
      [0, synced],
      [5, synced],
    ],
    told: [],
  },
  {
    name: 'refused credentials are announced once, and their end once',
    runs: [
      [0, auth],
      [5, auth],
      [10, auth],
      [15, synced],
      [20, synced],
    ],
    told: [
      [0, 'attention'],
      [15, 'recovered'],
    ],
  },
  {
    name: 'the same trouble is announced again after all was well',
    runs: [
      [0, auth],
      [5, synced],
      [10, auth],
    ],
    told: [
      [0, 'attention'],
      [5, 'recovered'],
      [10, 'attention'],
    ],
  },
  {
    name: 'a trouble is not announced again because the network came and went',
    runs: [
      [0, auth],
      [5, offline],
      [10, auth],
      [15, offline],
      [20, auth],
    ],
    told: [[0, 'attention']],
  },
  {
    name: 'another trouble on top of an announced one is announced, and one end ends both',
    runs: [
      [0, auth],
      [5, rejected('quota')],
      [10, synced],
    ],
    told: [
      [0, 'attention'],
      [5, 'attention'],
      [10, 'recovered'],
    ],
  },
  {
    name: 'runs that did not look neither end a trouble nor find one',
    runs: [
      [0, auth],
      [5, skipped],
      [10, paused],
      [15, auth],
      [20, synced],
    ],
    told: [
      [0, 'attention'],
      [20, 'recovered'],
    ],
  },
  {
    name: 'a failure of unknown kind is news when it happens twice in a row',
    runs: [
      [0, failed],
      [5, failed],
      [10, failed],
      [15, synced],
    ],
    told: [
      [5, 'failed'],
      [15, 'recovered'],
    ],
  },
  {
    name: 'a failure of unknown kind that is gone in the next run is not news, nor is its end',
    runs: [
      [0, failed],
      [5, synced],
      [10, failed],
      [15, synced],
    ],
    told: [],
  },
  {
    name: 'a run that did not look is not counted between two failures',
    runs: [
      [0, failed],
      [5, skipped],
      [10, failed],
    ],
    told: [[10, 'failed']],
  },
  {
    name: 'a failure that only a person can mend is news at once',
    runs: [[0, unavailable('failed', 'disk-full')]],
    told: [[0, 'failed']],
  },
  {
    name: 'refused credentials are news even when the verdict is no more than offline',
    runs: [[0, unavailable('offline', 'auth')]],
    told: [[0, 'attention']],
  },
  {
    name: 'a push that another machine overtook is not a matter for a person at once',
    runs: [[0, report({ verdict: 'failed', push: { kind: 'rejected', reason: 'moved', why: '' } })]],
    told: [],
  },
  {
    name: 'a refused commit is news at once',
    runs: [[0, report({ verdict: 'attention', commit: { kind: 'refused', why: 'pre-commit', changes: [] } })]],
    told: [[0, 'attention']],
  },
  {
    name: 'a merge under way is news only when it has lasted for more than an hour',
    runs: [
      [0, blocked('merge')],
      [HOUR, blocked('merge')],
      [HOUR + 1, blocked('merge')],
      [2 * HOUR, synced],
    ],
    told: [
      [HOUR + 1, 'blocked'],
      [2 * HOUR, 'recovered'],
    ],
  },
  {
    name: 'two short merges do not add up to a long one',
    runs: [
      [0, blocked('merge')],
      [40 * MINUTE, synced],
      [50 * MINUTE, blocked('merge')],
      [90 * MINUTE, blocked('merge')],
    ],
    told: [],
  },
  {
    name: 'a hub out of reach is news when a second run finds that it has lasted for the hours that were set',
    runs: [
      [0, offline],
      [7 * HOUR, offline],
      [8 * HOUR, offline],
      [8 * HOUR + 5, offline],
      [9 * HOUR, synced],
    ],
    told: [
      [8 * HOUR + 5, 'offline'],
      [9 * HOUR, 'recovered'],
    ],
  },
  {
    name: 'a machine that wakes up before its network does not say that the hub was out of reach all night',
    runs: [
      [0, offline],
      [63 * HOUR, offline],
      [63 * HOUR + 5 * MINUTE, synced],
    ],
    told: [],
  },
  {
    name: 'a hub that answered in between was not out of reach all the time',
    runs: [
      [0, offline],
      [4 * HOUR, synced],
      [5 * HOUR, offline],
      [10 * HOUR, offline],
      [11 * HOUR, offline],
    ],
    told: [],
  },
  {
    name: 'a clock that was set back does not keep a trouble secret',
    runs: [
      [9 * HOUR, blocked('rebase')],
      [0, blocked('rebase')],
      [2 * HOUR, blocked('rebase')],
    ],
    told: [[2 * HOUR, 'blocked']],
  },
  {
    name: 'a conflict of which both versions are kept is news for its run, and nothing recovers from it',
    runs: [
      [0, integrated('merged', [both('a', 'a (1)')])],
      [5, synced],
    ],
    told: [[0, 'conflict', ['a']]],
  },
  {
    name: 'each run with a new conflict is news, and names only what is new',
    runs: [
      [0, integrated('merged', [both('a', 'a (1)')])],
      [5, integrated('merged', [both('a', 'a (1)')])],
      [10, integrated('merged', [both('a', 'a (1)'), both('b', 'b (1)')])],
      [15, integrated('merged', [both('a', 'a (2)')])],
    ],
    told: [
      [0, 'conflict', ['a']],
      [10, 'conflict', ['b']],
      [15, 'conflict', ['a']],
    ],
  },
  {
    name: 'a conflict that came back after all was well is news again',
    runs: [
      [0, integrated('merged', [both('a', 'a (1)')])],
      [5, synced],
      [10, integrated('merged', [both('a', 'a (1)')])],
    ],
    told: [
      [0, 'conflict', ['a']],
      [10, 'conflict', ['a']],
    ],
  },
  {
    name: 'a conflict whose files are not in place yet is not news',
    runs: [
      [0, integrated('postponed', [both('a', 'a (1)')])],
      [5, integrated('merged', [both('a', 'a (1)')])],
    ],
    told: [[5, 'conflict', ['a']]],
  },
  {
    name: 'a conflict that waits for a person is announced once, and once when it is settled',
    runs: [
      [0, integrated('paused', [held('a')])],
      [5, integrated('paused', [held('a')])],
      [10, integrated('paused', [held('a'), held('b')])],
      [15, integrated('paused', [held('b')])],
      [20, synced],
      [25, integrated('paused', [held('b')])],
    ],
    told: [
      [0, 'conflict', ['a']],
      [10, 'conflict', ['b']],
      [20, 'recovered'],
      [25, 'conflict', ['b']],
    ],
  },
  {
    name: 'a conflict that waits is not announced again because the network came and went',
    runs: [
      [0, integrated('paused', [held('a')])],
      [5, offline],
      [10, integrated('paused', [held('a')])],
    ],
    told: [[0, 'conflict', ['a']]],
  },
  {
    name: 'a conflict without files is announced once too',
    runs: [
      [0, report({ verdict: 'conflict', why: 'unresolved' })],
      [5, report({ verdict: 'conflict' })],
      [9, synced],
    ],
    told: [
      [0, 'conflict'],
      [9, 'recovered'],
    ],
  },
  {
    name: 'what is wrong besides a new conflict is said after the next run',
    runs: [
      [0, { ...integrated('merged', [both('a', 'a (1)')]), ...pushRejected() }],
      [5, rejected('protected')],
    ],
    told: [
      [0, 'conflict', ['a']],
      [5, 'attention'],
    ],
  },
  {
    name: 'the end of a trouble that comes with a new conflict is said after the next run',
    runs: [
      [0, auth],
      [5, integrated('merged', [both('a', 'a (1)')])],
      [10, synced],
    ],
    told: [
      [0, 'attention'],
      [5, 'conflict', ['a']],
      [10, 'recovered'],
    ],
  },
];

function pushRejected(): Pick<RepoReport, 'verdict' | 'push'> {
  return { verdict: 'attention', push: { kind: 'rejected', reason: 'protected', why: '' } };
}

describe('announce', () => {
  it.each(stories)('$name', ({ runs, told }) => {
    expect(play(runs)).toEqual(told);
  });

  const atOnce: readonly BlockedKind[] = [
    'history-rewritten',
    'branch-deleted',
    'unrelated-history',
    'emptied-folder',
    'mass-deletion',
    'diverged',
    'in-the-way',
    'damaged',
    'missing',
  ];
  it.each(atOnce)('announces %s at once', (kind) => {
    expect(
      play([
        [0, blocked(kind)],
        [5, blocked(kind)],
      ]),
    ).toEqual([[0, 'blocked']]);
  });

  const reasons: readonly RejectReason[] = ['hook', 'protected', 'too-large', 'read-only', 'quota', 'other'];
  it.each(reasons)('announces a push rejected for the reason %s at once', (reason) => {
    expect(play([[0, rejected(reason)]])).toEqual([[0, 'attention']]);
  });

  const failures: readonly RemoteFailure[] = ['auth', 'not-found', 'host-key', 'certificate', 'disk-full'];
  it.each(failures)('announces a hub that is unavailable for the reason %s at once', (reason) => {
    expect(play([[0, unavailable('attention', reason)]])).toEqual([[0, 'attention']]);
  });

  it('announces files that came in only when that is wanted', () => {
    const runs: readonly Step[] = [
      [0, integrated('fast-forwarded', [], 3)],
      [5, integrated('up-to-date', [], 0)],
    ];
    expect(play(runs)).toEqual([]);
    expect(play(runs, { ...QUIET, notifyIncoming: true })).toEqual([[0, 'incoming']]);
  });

  it('keeps ten thousand conflicts apart', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => held(`file ${index}`));
    const told = play([
      [0, integrated('paused', many)],
      [5, integrated('paused', [...many, held('one more')])],
    ]);
    expect(told.map(([, , paths]) => paths?.length)).toEqual([10_000, 1]);
  });
});

describe('readAnnounced', () => {
  it.each([undefined, null, 1, 'text', [], {}, { troubles: 1, conflicts: [] }, { troubles: [] }])(
    'takes %j for nothing announced',
    (value) => {
      expect(readAnnounced(value)).toEqual(NOTHING_ANNOUNCED);
    },
  );

  it('keeps the parts that can be read', () => {
    const good = { key: 'auth', since: 1, seenAt: 2, announcedAt: null };
    const value = { troubles: [good, { key: 'auth' }, null, { ...good, since: 'x' }], conflicts: ['a', 1] };
    expect(readAnnounced(value)).toEqual({ troubles: [good], conflicts: ['a'] });
  });
});

describe('files that are left out', () => {
  const leaving = (...paths: readonly string[]): RepoReport =>
    report({ quarantined: paths.map((path) => ({ path: asRelative(path), reason: 'secret' })) });

  it('are announced once each, and again when they come back', () => {
    expect(
      play([
        [0, leaving('.env')],
        [5, leaving('.env')],
        [10, leaving('.env', 'id_rsa')],
        [15, leaving('id_rsa')],
        [20, leaving('id_rsa', '.env')],
      ]),
    ).toEqual([
      [0, 'attention', ['.env']],
      [10, 'attention', ['id_rsa']],
      [20, 'attention', ['.env']],
    ]);
  });

  it('are not announced again after a run that could not look', () => {
    expect(
      play([
        [0, leaving('.env')],
        [5, blocked('merge')],
        [10, leaving('.env')],
      ]),
    ).toEqual([[0, 'attention', ['.env']]]);
  });

  it('are announced after news that was more important', () => {
    const both = { ...leaving('.env'), ...pushRejected() };
    expect(
      play([
        [0, both],
        [5, both],
      ]).map(([at, event]) => [at, event]),
    ).toEqual([
      [0, 'attention'],
      [5, 'attention'],
    ]);
  });

  it('are no news where there is nothing that a person could do', () => {
    const report_ = report({ quarantined: [{ path: asRelative('pipe'), reason: 'special-file' }] });
    expect(play([[0, report_]])).toEqual([]);
  });
});
