import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type TreeFile, treeId } from '../../../src/mirror/tree-id.js';
import { hashBlob } from '../../../src/system/hash.js';
import { encodePath } from '../../../src/system/path-bytes.js';

const name = fc.constantFrom('a', 'a.b', 'a-b', 'b', 'ü', '\udcff', 'Z', ' x');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const mode = fc.constantFrom('100644' as const, '100755' as const, '120000' as const);
const id = fc.string({ maxLength: 3 }).map((text) => hashBlob(Buffer.from(text), 'sha1'));

it('a tree has the id that git gives it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tree-'));
  execFileSync('git', ['init', '-q', '--bare', folder]);
  const run = (input: string | Buffer, ...args: readonly string[]): string =>
    execFileSync('git', [`--git-dir=${folder}`, ...args], { input, encoding: 'utf8', timeout: 20_000 }).trim();
  const files = fc.uniqueArray(fc.record<TreeFile>({ path, mode, id }), {
    selector: (file) => file.path,
    maxLength: 8,
  });
  fc.assert(
    fc.property(files, (all) => {
      const chosen = all.filter((one) => !all.some((other) => other.path.startsWith(`${one.path}/`)));
      const lines = chosen.map((file) =>
        Buffer.concat([Buffer.from(`${file.mode} ${file.id}\t`), encodePath(file.path), Buffer.from([0])]),
      );
      run('', 'read-tree', '--empty');
      run(Buffer.concat(lines), 'update-index', '-z', '--index-info');
      expect(treeId(chosen)).toBe(run('', 'write-tree', '--missing-ok'));
    }),
    { numRuns: 12 },
  );
});
