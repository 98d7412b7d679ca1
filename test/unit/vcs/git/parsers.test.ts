import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePath } from '../../../../src/system/path-bytes.js';
import { parseChanges } from '../../../../src/vcs/git/change-parser.js';
import { parseDifferences } from '../../../../src/vcs/git/difference.js';
import { asRefPart } from '../../../../src/vcs/git/refs.js';
import { rejectReason, remoteFailure } from '../../../../src/vcs/git/remote-failure.js';
import { anyName } from '../../../support/names.js';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const NONE = '0'.repeat(40);
const output = (...values: readonly string[]): Buffer =>
  Buffer.concat(values.flatMap((value) => [encodePath(value), Buffer.from([0])]));

describe('parseChanges', () => {
  it('reads each kind of change; another type of file is a modification', () => {
    const values = ['A', 'new', 'M', 'edited', 'D', 'gone', 'T', 'link', 'R087', 'from', 'to', 'A', 'R100'];
    expect(parseChanges(output(...values))).toEqual([
      { type: 'added', path: 'new' },
      { type: 'modified', path: 'edited' },
      { type: 'removed', path: 'gone' },
      { type: 'modified', path: 'link' },
      { type: 'renamed', from: 'from', path: 'to' },
      { type: 'added', path: 'R100' },
    ]);
  });

  it('reads any names back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyName, anyName)), (pairs) => {
        const values = pairs.flatMap(([from, path]) => ['R100', from, path]);
        expect(parseChanges(output(...values))).toEqual(pairs.map(([from, path]) => ({ type: 'renamed', from, path })));
      }),
    );
  });
});

describe('parseDifferences', () => {
  it('lists what leaves the index before what comes into it', () => {
    const added = [`:000000 100644 ${NONE} ${A} A`, 'x'];
    const removed = [`:100644 000000 ${B} ${NONE} D`, 'x/inner'];
    expect(parseDifferences(output(...added, ...removed)).index).toEqual([
      { path: 'x/inner', content: undefined },
      { path: 'x', content: { mode: '100644', id: A } },
    ]);
  });

  it('takes a submodule for no file: it arrives as a folder, and leaves nothing to move', () => {
    const { files, submodules } = parseDifferences(
      output(
        `:000000 160000 ${NONE} ${A} A`,
        'new',
        `:160000 160000 ${A} ${B} M`,
        'moved',
        `:160000 000000 ${A} ${NONE} D`,
        'gone',
      ),
    );
    expect({ files, submodules }).toEqual({ files: [], submodules: ['new', 'moved'] });
  });

  it('knows a file that takes the place of a submodule, and the reverse', () => {
    const { files } = parseDifferences(
      output(`:160000 100644 ${A} ${B} T`, 'one', `:100644 160000 ${A} ${B} T`, 'two'),
    );
    expect(files).toEqual([
      { path: 'one', old: undefined, new: { mode: '100644', id: B } },
      { path: 'two', old: { mode: '100644', id: A }, new: undefined },
    ]);
  });
});

describe('asRefPart', () => {
  it('gives two branches of which one is a folder of the other names that can stand side by side', () => {
    expect(asRefPart('origin', 'a')).toBe('origin/a');
    expect(asRefPart('origin', 'a/b')).toBe('origin/a%2Fb');
  });

  it('never gives two names the same part', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(asRefPart(one) === asRefPart(other)).toBe(one === other);
      }),
    );
  });
});

describe('remoteFailure', () => {
  const failure = (stderr: string, timedOut = false): string =>
    remoteFailure({ exitCode: 128, stdout: Buffer.alloc(0), stderr, timedOut, durationMs: 1 }).reason;

  it.each([
    ['fatal: unable to access: Could not resolve host: hub', 'offline'],
    ['ssh: connect to host hub port 22: Connection refused', 'offline'],
    ['fatal: unable to access: The requested URL returned error: 503', 'offline'],
    ['fatal: Could not read from remote repository.\n\nPlease make sure…', 'offline'],
    ['git@hub: Permission denied (publickey).\nfatal: Could not read from remote repository.', 'auth'],
    ["fatal: could not read Username for 'https://hub': terminal prompts disabled", 'auth'],
    ['remote: HTTP Basic: Access denied', 'auth'],
    ['Host key verification failed.\nfatal: Could not read from remote repository.', 'host-key'],
    ['server certificate verification failed. CAfile: none', 'certificate'],
    ["fatal: '/x' does not appear to be a git repository", 'not-found'],
    ['error: cannot run ssh: No such file or directory', 'other'],
    ['error: write error: No space left on device', 'disk-full'],
    ['fatal: something new', 'other'],
  ])('reads %j', (stderr, reason) => {
    expect(failure(stderr)).toBe(reason);
  });

  it('calls what was ended at its limit a timeout, whatever it had said', () => {
    expect(failure('Connection refused', true)).toBe('timeout');
  });

  it('shows no secret of a URL', () => {
    const stderr = "fatal: unable to access 'https://me:secret@hub/x.git/?token=secret': no";
    const result = { exitCode: 128, stdout: Buffer.alloc(0), stderr, timedOut: false, durationMs: 1 };
    expect(remoteFailure(result).why).not.toContain('secret');
  });
});

describe('rejectReason', () => {
  it.each([
    ['! a:b [rejected] (fetch first)', 'moved'],
    ['! a:b [rejected] (non-fast-forward)', 'moved'],
    ['! a:b [remote rejected] (failed to update ref)', 'moved'],
    ['! a:b [remote rejected] (pre-receive hook declined)', 'hook'],
    ['remote: error: GH001: Large files detected.\n! a:b [remote rejected] (pre-receive hook declined)', 'too-large'],
    ['remote: GitLab: You are not allowed to push code to protected branches', 'protected'],
    ['! a:b [remote rejected] (unpacker error)', 'read-only'],
    ['! a:b [remote rejected] (something new)', 'other'],
  ])('reads %j', (words, reason) => {
    expect(rejectReason(words)).toBe(reason);
  });
});
