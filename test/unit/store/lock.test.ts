import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AutosyncError } from '../../../src/model/errors.js';
import { type AbsolutePath, asAbsolute } from '../../../src/model/paths.js';
import { acquireLock, type Lock, withLock } from '../../../src/store/lock.js';
import { ownIdentity, type ProcessIdentity } from '../../../src/system/process-identity.js';

const MINUTE = 60_000;

/** Until something holds that takes moments, on a machine that has other things to do. */
const PATIENTLY = { timeout: 25_000 };

let folder: string;
let path: AbsolutePath;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  path = asAbsolute(join(folder, 'lock'));
});

/** Takes a lock that must be free. */
function acquired(): Lock {
  const result = acquireLock(path);
  expect(result).toMatchObject({ kind: 'acquired' });
  if (result.kind === 'held') throw new Error('unreachable');
  return result.lock;
}

/** Leaves a lock file that was written some time ago; a negative age is a time to come. */
function leave(content: string | Uint8Array, ageMs = 0): void {
  writeFileSync(path, content);
  const then = (Date.now() - ageMs) / 1000;
  utimesSync(path, then, then);
}

const leaveOwner = (owner: Partial<ProcessIdentity>, ageMs = 0): void =>
  leave(JSON.stringify({ ...ownIdentity(), ...owner, token: '0' }), ageMs);

/** Returns the pid of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid;

describe('a lock', () => {
  it('is held by one at a time, and names its owner and since when', () => {
    const before = Date.now();
    const lock = acquired();
    const second = acquireLock(path);
    expect(second).toMatchObject({ kind: 'held', owner: ownIdentity() });
    expect(second.kind === 'held' && Math.abs(second.since - before)).toBeLessThan(MINUTE);
    lock.release();
    acquired();
  });

  it('leaves nothing behind when it is released', () => {
    acquired().release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is one file, for its owner alone to read', () => {
    acquired();
    expect(readdirSync(folder)).toEqual(['lock']);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ host: hostname(), pid: process.pid });
  });

  it('that somebody else has taken over is not released by its first owner', () => {
    const lock = acquired();
    leaveOwner({ host: 'elsewhere' });
    lock.release();
    expect(acquireLock(path)).toMatchObject({ kind: 'held', owner: { host: 'elsewhere' } });
  });

  it('may be released twice', () => {
    const lock = acquired();
    lock.release();
    const next = acquired();
    lock.release();
    expect(acquireLock(path).kind).toBe('held');
    next.release();
  });

  it('makes the folder that is its own, and never those above it', () => {
    path = asAbsolute(join(folder, 'autosync', 'lock'));
    acquired();
    rmSync(folder, { recursive: true });
    expect(() => acquireLock(path)).toThrow(AutosyncError);
    expect(() => readdirSync(folder)).toThrow('ENOENT');
  });

  it('says that the machine is to blame where no file can be made', () => {
    mkdirSync(path);
    expect(() => acquireLock(path)).toThrow(expect.objectContaining({ kind: 'environment' }));
  });
});

describe('the lock of an owner', () => {
  it('who is dead is taken over', () => {
    leaveOwner({ pid: deadPid() });
    acquired();
    expect(readdirSync(folder)).toEqual(['lock']);
  });

  it('who has ended, but was never waited for, is taken over', async () => {
    // The shell becomes a program that waits for nobody, and only then does its child come to an end.
    const parent = spawn('sh', ['-c', 'read line <&3 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const pid = Number(await new Promise((resolve) => parent.stdout?.once('data', resolve)));
    await vi.waitUntil(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n', PATIENTLY);
    parent.stdio[3]?.destroy();
    await vi.waitUntil(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '), PATIENTLY);
    leaveOwner({ pid, started: '' });
    acquired();
  });

  it('whose pid now belongs to another process is taken over', () => {
    leaveOwner({ started: '1' });
    acquired();
  });

  it('from before a reboot is taken over', () => {
    leaveOwner({ boot: '00000000-0000-0000-0000-000000000000' });
    acquired();
  });

  it('who lives is respected, however old the lock is', () => {
    leaveOwner({}, 365 * 24 * 60 * MINUTE);
    expect(acquireLock(path).kind).toBe('held');
  });

  it.each([
    ['respected for half an hour', 29 * MINUTE, 'held'],
    ['taken over after it', 31 * MINUTE, 'acquired'],
    ['respected when the clocks differ a little', -MINUTE, 'held'],
    ['taken over when it comes from a far future', -24 * 60 * MINUTE, 'acquired'],
  ])('on another host is %s', (_what, age, kind) => {
    leaveOwner({ host: 'elsewhere' }, age);
    expect(acquireLock(path).kind).toBe(kind);
  });
});

describe('a lock without an owner, as a power cut leaves it', () => {
  const remains: readonly (readonly [string, string | Uint8Array])[] = [
    ['empty', ''],
    ['full of NULs', new Uint8Array(120)],
    ['cut off', '{"host":"somewhere","pid":1'],
    ['in another form', '[1, 2]'],
    ['with a pid that is none', JSON.stringify({ ...ownIdentity(), pid: -1 })],
  ];

  it.each(remains)('(%s) is respected while it could be in the making', (_what, content) => {
    leave(content);
    expect(acquireLock(path)).toMatchObject({ kind: 'held', owner: undefined });
  });

  it.each(remains)('(%s) is taken over when it is older than a minute', (_what, content) => {
    leave(content, 2 * MINUTE);
    acquired();
    expect(readdirSync(folder)).toEqual(['lock']);
  });

  it('is taken over when the clock was set back since', () => {
    leave('', -10 * 365 * 24 * 60 * MINUTE);
    acquired();
  });
});

describe('what dead processes left beside a lock', () => {
  it('is swept by the next owner, and nothing else is', () => {
    const dead = JSON.stringify({ ...ownIdentity(), pid: deadPid() });
    const alive = JSON.stringify(ownIdentity());
    writeFileSync(`${path}.0123456789abcdef`, dead);
    writeFileSync(`${path}.0123456789abcdef.new`, dead);
    writeFileSync(`${path}.0123456789abcdef.0123456789abcdef`, dead);
    writeFileSync(`${path}.aaaaaaaaaaaaaaaa.new`, alive);
    writeFileSync(`${path}.json`, dead);
    writeFileSync(join(folder, 'other.0123456789abcdef'), dead);
    acquired();
    expect(readdirSync(folder).sort()).toEqual([
      'lock',
      'lock.aaaaaaaaaaaaaaaa.new',
      'lock.json',
      'other.0123456789abcdef',
    ]);
  });
});

describe('work under a lock', () => {
  it('returns what it returns, and the lock is free again', async () => {
    expect(await withLock(path, { waitMs: 0 }, async () => readdirSync(folder))).toEqual(['lock']);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('frees the lock when it fails', async () => {
    const failure = new Error('no');
    await expect(withLock(path, { waitMs: 0 }, () => Promise.reject(failure))).rejects.toBe(failure);
    acquired();
  });

  it('takes turns', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(path, { waitMs: 60_000 }, work)));
    expect(most).toBe(1);
  });

  it('gives up after the time it may wait, without having been done', async () => {
    acquired();
    let time = 0;
    const clock = {
      now: () => Date.now(),
      monotonic: () => time,
      sleep: async (milliseconds: number) => {
        time += milliseconds;
      },
    };
    const attempt = withLock(path, { waitMs: 5_000, clock }, () => {
      throw new Error('must not run');
    });
    await expect(attempt).rejects.toMatchObject({
      kind: 'locked',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    expect(time).toBeGreaterThanOrEqual(5_000);
  });
});
