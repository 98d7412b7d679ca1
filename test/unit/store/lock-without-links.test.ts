import { mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type AbsolutePath, asAbsolute } from '../../../src/model/paths.js';
import { acquireLock } from '../../../src/store/lock.js';
import { ownIdentity } from '../../../src/system/process-identity.js';

const refusal = vi.hoisted(() => ({ code: '' }));

/** A file system without hard links, such as FAT. */
vi.mock('../../../src/system/files.js', async (original) => ({
  ...(await original<object>()),
  link: () => {
    throw Object.assign(new Error(`${refusal.code}: link refused`), { code: refusal.code });
  },
}));

let folder: string;
let path: AbsolutePath;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  path = asAbsolute(join(folder, 'lock'));
});

describe.each(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'])(
  'where links are refused with %s',
  (code) => {
    beforeEach(() => {
      refusal.code = code;
    });

    it('a lock is held by one at a time, and released without a trace', () => {
      const first = acquireLock(path);
      expect(first.kind).toBe('acquired');
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject(ownIdentity());
      expect(acquireLock(path)).toMatchObject({ kind: 'held', owner: ownIdentity() });
      if (first.kind === 'acquired') first.lock.release();
      expect(readdirSync(folder)).toEqual([]);
    });

    it('the lock of a process that died while it was making it is taken over', () => {
      writeFileSync(path, '');
      utimesSync(path, 0, 0);
      expect(acquireLock(path).kind).toBe('acquired');
      expect(readdirSync(folder)).toEqual(['lock']);
    });
  },
);

describe('where links fail for another reason', () => {
  it('the machine is to blame, and nothing is left behind', () => {
    refusal.code = 'EIO';
    expect(() => acquireLock(path)).toThrow(expect.objectContaining({ kind: 'environment' }));
    expect(readdirSync(folder)).toEqual([]);
  });
});
