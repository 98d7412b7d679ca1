import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePath } from '../../../../src/system/path-bytes.js';
import { parseStatus } from '../../../../src/vcs/git/status-parser.js';
import { anyName } from '../../../support/names.js';

const ID = 'a'.repeat(40);
const NONE = '0'.repeat(40);
const record = (...lines: readonly string[]): Buffer =>
  Buffer.concat(lines.flatMap((line) => [encodePath(line), Buffer.from([0])]));

describe('parseStatus', () => {
  it('reads the branch and its commit', () => {
    const status = parseStatus(
      record(`# branch.oid ${ID}`, '# branch.head topic/x', '# branch.upstream origin/topic/x'),
    );
    expect(status).toMatchObject({ head: ID, branch: 'topic/x', tracked: [], untracked: [], unmerged: [] });
  });

  it('knows an unborn branch and a detached head', () => {
    expect(parseStatus(record('# branch.oid (initial)', '# branch.head main'))).toMatchObject({
      head: undefined,
      branch: 'main',
    });
    expect(parseStatus(record(`# branch.oid ${ID}`, '# branch.head (detached)'))).toMatchObject({ branch: undefined });
  });

  it('tells what is staged from what is not', () => {
    const [entry] = parseStatus(record(`1 MD N... 100644 100755 000000 ${ID} ${NONE} a b`)).tracked;
    expect(entry).toEqual({
      path: 'a b',
      staged: 'M',
      unstaged: 'D',
      submodule: false,
      head: { mode: '100644', id: ID },
      index: { mode: '100755', id: NONE },
    });
  });

  it.each([
    ['one that stands on another commit', '.M SC.. 160000 160000 160000', true],
    ['one that is gone', '.D S... 160000 160000 000000', true],
    ['one that is staged as removed', 'D. S... 160000 000000 000000', true],
    ['a file in its place', '.T S... 160000 160000 100644', false],
    ['a link in its place', '.T S... 160000 160000 120000', false],
    ['a file in its place that was staged', 'TM S... 160000 100755 100755', false],
    ['a repository in the place of a file', '.T SC.. 100644 100644 160000', false],
  ])('tells a submodule from a file: %s', (_what, values, submodule) => {
    const [entry] = parseStatus(record(`1 ${values} ${ID} ${ID} lib`)).tracked;
    expect(entry?.submodule).toBe(submodule);
  });

  it('lists what is unmerged apart', () => {
    const line = `u UU N... 100644 100644 100644 100644 ${ID} ${ID} ${ID} both changed.txt`;
    expect(parseStatus(record(line))).toMatchObject({ tracked: [], unmerged: ['both changed.txt'] });
  });

  it('reads any name back as it was', () => {
    fc.assert(
      fc.property(fc.array(anyName), fc.array(anyName), (tracked, untracked) => {
        const lines = tracked.map((path) => `1 M. N... 100644 100644 100644 ${ID} ${ID} ${path}`);
        const status = parseStatus(record(...lines, ...untracked.map((path) => `? ${path}`)));
        expect(status.tracked.map(({ path }) => path)).toEqual(tracked);
        expect(status.untracked).toEqual(untracked);
      }),
    );
  });

  it('reads which folders git could not look into from its warnings', () => {
    const warnings = "warning: could not open directory 'a b/': Permission denied\nwarning: other\n";
    expect(parseStatus(record('# branch.head main'), warnings).closed).toEqual(['a b']);
  });

  it('throws at a record that is cut short, rather than to guess', () => {
    expect(() => parseStatus(record('1 M. N... 100644'))).toThrow('too short');
  });
});
