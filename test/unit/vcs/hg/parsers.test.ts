import { describe, expect, it } from 'vitest';
import { parseMergeInputs, parseMergeState } from '../../../../src/vcs/hg/merge-state-parser.js';
import { remoteFailure } from '../../../../src/vcs/hg/remote-failure.js';
import { parseStatus } from '../../../../src/vcs/hg/status-parser.js';

const fields = (...values: readonly string[]): Buffer => Buffer.from(values.map((value) => `${value}\0`).join(''));

describe('hg status', () => {
  it('is read with the origins of copies, whatever a name holds', () => {
    expect(parseStatus(fields('A', 'new\nname', 'old -> x', '!', 'gone', '', '?', ' ', ''))).toEqual([
      { letter: 'A', path: 'new\nname', source: 'old -> x' },
      { letter: '!', path: 'gone', source: '' },
      { letter: '?', path: ' ', source: '' },
    ]);
  });

  it('with a letter that is none is refused', () => {
    expect(() => parseStatus(fields('skipping', 'a', ''))).toThrow("'skipping'");
  });
});

describe('hg debugmergestate', () => {
  const ID = 'a'.repeat(40);
  const NONE = '0'.repeat(40);

  const OUTPUT = fields(
    ...['u', 'a.txt', 'b.txt', ID, 'a.txt', ID, ID, '', '', 'a.txt'],
    ...['u', 'gone.txt', 'gone.txt', NONE, 'gone.txt', ID, ID, '', '', 'gone.txt'],
    ...['u', 'new.txt', 'new.txt', ID, 'new.txt', ID, NONE, '', '', 'new.txt'],
    ...['pu', 'x', '', '', '', '', '', 'x~0123456789ab', 'l', ''],
    ...['r', 'done.txt', 'done.txt', ID, 'old.txt', ID, ID, '', '', 'base.txt'],
    ...['r', 'fresh.txt', 'fresh.txt', ID, 'fresh.txt', ID, NONE, '', '', 'fresh.txt'],
  );

  it('tells contents from paths, and which side has what; what is resolved is left out', () => {
    expect(parseMergeState(OUTPUT)).toEqual([
      { kind: 'content', path: 'a.txt', ours: 'b.txt', theirs: 'a.txt', hasBase: true },
      { kind: 'content', path: 'gone.txt', ours: undefined, theirs: 'gone.txt', hasBase: true },
      { kind: 'content', path: 'new.txt', ours: 'new.txt', theirs: 'new.txt', hasBase: false },
      { kind: 'path', path: 'x', setAside: 'x~0123456789ab', side: 'ours' },
    ]);
  });

  it('tells what went into a merge that is resolved', () => {
    expect(parseMergeInputs(OUTPUT)).toEqual([
      { path: 'done.txt', ours: 'done.txt', theirs: 'old.txt', base: 'base.txt' },
      { path: 'fresh.txt', ours: 'fresh.txt', theirs: 'fresh.txt', base: undefined },
    ]);
  });
});

describe('the words of an hg that could not use a hub', () => {
  it.each([
    ['abort: error: Name or service not known', 'offline'],
    ['abort: error: Connection refused', 'offline'],
    ['abort: authorization failed', 'auth'],
    ['remote: Host key verification failed.\nabort: no suitable response from remote hg', 'host-key'],
    ['remote: Permission denied (publickey).\nabort: no suitable response from remote hg', 'auth'],
    ['abort: HTTP Error 404: Not Found', 'not-found'],
    ['abort: repository /srv/hub not found', 'not-found'],
    ['abort: error: timed out', 'timeout'],
    ['abort: HTTP Error 503: Service Unavailable', 'offline'],
    ['abort: No space left on device', 'disk-full'],
    ['abort: something that nobody has seen', 'other'],
  ])('%j mean %s', (stderr, reason) => {
    const result = { exitCode: 255, stdout: Buffer.alloc(0), stderr, timedOut: false, durationMs: 1 };
    expect(remoteFailure(result).reason).toBe(reason);
  });
});
