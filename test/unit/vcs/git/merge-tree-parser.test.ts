import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePath } from '../../../../src/system/path-bytes.js';
import { parseMergeTree } from '../../../../src/vcs/git/merge-tree-parser.js';
import { anyName } from '../../../support/names.js';

const TREE = 'e'.repeat(40);
const ID = 'a'.repeat(40);
const output = (...values: readonly string[]): Buffer =>
  Buffer.concat(values.flatMap((value) => [encodePath(value), Buffer.from([0])]));

describe('parseMergeTree', () => {
  it('reads the tree of a merge without conflicts', () => {
    expect(parseMergeTree(output(TREE))).toEqual({ tree: TREE, conflicted: new Map(), messages: [] });
  });

  it('reads messages of a merge without conflicts', () => {
    const merge = parseMergeTree(output(TREE, '', '1', 'a.txt', 'Auto-merging', 'Auto-merging a.txt\n'));
    expect(merge.messages).toEqual([{ type: 'Auto-merging', paths: ['a.txt'] }]);
    expect(merge.conflicted.size).toBe(0);
  });

  it('gathers the stages of each conflicted path', () => {
    const lines = [`100644 ${ID} 1\ta\nb`, `100755 ${ID} 2\ta\nb`, `120000 ${ID} 3\tother`];
    const merge = parseMergeTree(output(TREE, ...lines, '', '2', 'a\nb', 'other', 'CONFLICT (contents)', 'text\n'));
    expect([...merge.conflicted]).toEqual([
      [
        'a\nb',
        [
          { stage: 1, mode: '100644', id: ID },
          { stage: 2, mode: '100755', id: ID },
        ],
      ],
      ['other', [{ stage: 3, mode: '120000', id: ID }]],
    ]);
    expect(merge.messages).toEqual([{ type: 'CONFLICT (contents)', paths: ['a\nb', 'other'] }]);
  });

  it('reads any name back as it was', () => {
    const message = fc.tuple(fc.array(anyName, { minLength: 1, maxLength: 4 }), anyName);
    fc.assert(
      fc.property(fc.uniqueArray(anyName), fc.array(message), (paths, messages) => {
        const stages = paths.map((path) => `100644 ${ID} 2\t${path}`);
        const told = messages.flatMap(([about, type]) => [String(about.length), ...about, type, 'words']);
        const merge = parseMergeTree(output(TREE, ...stages, '', ...told));
        expect([...merge.conflicted.keys()]).toEqual(paths);
        expect(merge.messages).toEqual(messages.map(([about, type]) => ({ paths: about, type })));
      }),
    );
  });

  it('throws at a record that it does not know, rather than to guess', () => {
    expect(() => parseMergeTree(output(TREE, 'fatal: no'))).toThrow('unknown record');
  });
});
