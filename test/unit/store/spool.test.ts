import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type AbsolutePath, asAbsolute } from '../../../src/model/paths.js';
import { finishRequests, putRequest, readSpool, type SpoolRequest, takeRequests } from '../../../src/store/spool.js';
import { decodePath } from '../../../src/system/path-bytes.js';

afterEach(() => vi.restoreAllMocks());

const newSpool = (): AbsolutePath => asAbsolute(join(mkdtempSync(join(tmpdir(), 'p')), 'spool'));
const notes = asAbsolute('/home/p/notes');
const paths = (requests: readonly SpoolRequest[]): readonly string[] => requests.map(({ path }) => path);

/** Returns the pid of a process that has ended. */
const deadPid = (): number => spawnSync('true').pid;

/** Makes a file as old as a leftover has to be. */
function makeOld(path: string): void {
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 60 * 60;
  utimesSync(path, twoDaysAgo, twoDaysAgo);
}

/** Puts one request and has it taken by a run that dies at once. */
function abandon(spool: AbsolutePath, path: AbsolutePath): string {
  putRequest(spool, { event: 'post-commit', path });
  const [name = ''] = readdirSync(spool).filter((found) => found.endsWith('.request'));
  const taken = join(spool, `taken-${deadPid()}-1`);
  mkdirSync(taken);
  spawnSync('mv', [join(spool, name), taken]);
  return join(taken, name);
}

describe('a request', () => {
  it('is read as it was put', () => {
    const spool = newSpool();
    const before = Date.now();
    putRequest(spool, { event: 'poke', path: notes });
    const [request, ...others] = readSpool(spool);
    expect(request).toMatchObject({ event: 'poke', path: notes });
    expect(Math.abs((request?.at ?? 0) - before)).toBeLessThan(60_000);
    expect(others).toEqual([]);
  });

  it('holds any path that the system can hold', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 50 }).filter((name) => !name.includes(0));
    fc.assert(
      fc.property(bytes, (name) => {
        const spool = newSpool();
        const path = asAbsolute(decodePath(Buffer.concat([Buffer.from('/'), name])));
        putRequest(spool, { event: 'poke', path });
        expect(paths(readSpool(spool))).toEqual([path]);
      }),
    );
  });

  it('is one of many put at the same moment', () => {
    const spool = newSpool();
    const all = Array.from({ length: 20 }, (_, index) => asAbsolute(`/r/${index}`));
    for (const path of all) putRequest(spool, { event: 'poke', path });
    expect([...paths(readSpool(spool))].sort()).toEqual([...all].sort());
  });

  it('is for the eyes of its owner alone', () => {
    const spool = newSpool();
    putRequest(spool, { event: 'poke', path: notes });
    const [request] = readSpool(spool);
    expect(statSync(spool).mode & 0o777).toBe(0o700);
    expect(statSync(request?.file ?? '').mode & 0o777).toBe(0o600);
  });

  it('comes before a younger one', () => {
    const spool = newSpool();
    for (const path of ['/b', '/a', '/c']) putRequest(spool, { event: 'poke', path: asAbsolute(path) });
    const [older] = readSpool(spool).filter(({ path }) => path === '/c');
    makeOld(older?.file ?? '');
    expect(paths(readSpool(spool))[0]).toBe('/c');
    expect(paths(takeRequests(spool))[0]).toBe('/c');
  });
});

describe('a spool', () => {
  it('that is not there is empty', () => {
    const spool = newSpool();
    expect(readSpool(spool)).toEqual([]);
    expect(takeRequests(spool)).toEqual([]);
    expect(existsSync(spool)).toBe(false);
  });

  it.each([
    ['empty', ''],
    ['without a path', 'post-commit\n'],
    ['without an event', '\n/r'],
    ['with a path that is not absolute', 'post-commit\nr'],
    ['with an event that is no word', '../x\n/r'],
    ['filled with NUL by a power cut', '\0'.repeat(64)],
    ['with a NUL in the path', 'poke\n/r\0x'],
    ['of any size', `poke\n/${'x'.repeat(100_000)}`],
  ])('passes over a request %s, and throws it away after a day', (_what, content) => {
    const spool = newSpool();
    mkdirSync(spool);
    const file = join(spool, '1700000000-1.request');
    writeFileSync(file, content);
    expect(readSpool(spool)).toEqual([]);
    expect(takeRequests(spool)).toEqual([]);
    expect(existsSync(file)).toBe(true);
    makeOld(file);
    expect(takeRequests(spool)).toEqual([]);
    expect(existsSync(file)).toBe(false);
  });

  it('does not follow a link, and does not wait for a pipe', () => {
    const spool = newSpool();
    mkdirSync(spool);
    writeFileSync(join(dirname(spool), 'planted'), 'poke\n/r');
    symlinkSync('../planted', join(spool, '1700000000-1.request'));
    spawnSync('mkfifo', [join(spool, '1700000000-2.request')]);
    mkdirSync(join(spool, '1700000000-3.request'));
    expect(readSpool(spool)).toEqual([]);
    expect(takeRequests(spool)).toEqual([]);
  });

  it("passes over another user's file", () => {
    const spool = newSpool();
    putRequest(spool, { event: 'poke', path: notes });
    const another = (process.getuid?.() ?? 0) + 1;
    vi.spyOn(process, 'getuid').mockReturnValue(another);
    expect(readSpool(spool)).toEqual([]);
    expect(takeRequests(spool)).toEqual([]);
  });

  it('keeps what others have put there, however old', () => {
    const spool = newSpool();
    mkdirSync(spool);
    for (const name of ['README', 'x.request', '.hidden', '1-2.request.bak']) {
      writeFileSync(join(spool, name), 'poke\n/r');
      makeOld(join(spool, name));
    }
    expect(takeRequests(spool)).toEqual([]);
    expect(readdirSync(spool).sort()).toEqual(['.hidden', '1-2.request.bak', 'README', 'x.request']);
  });

  it('throws away a request whose writer has gone before it was whole', () => {
    const spool = newSpool();
    mkdirSync(spool);
    const { pid } = spawnSync('true');
    writeFileSync(join(spool, `.1700000000-${pid}-1`), 'poke\n/r');
    expect(takeRequests(spool)).toEqual([]);
    expect(readdirSync(spool)).toEqual([]);
  });

  it('does not show a request that is not whole yet, and throws it away after a day', () => {
    const spool = newSpool();
    mkdirSync(spool);
    const file = join(spool, `.1700000000-${process.pid}`);
    writeFileSync(file, 'poke\n/r');
    expect(takeRequests(spool)).toEqual([]);
    expect(existsSync(file)).toBe(true);
    makeOld(file);
    takeRequests(spool);
    expect(existsSync(file)).toBe(false);
  });
});

describe('taking requests', () => {
  it('leaves none for another run, and finishing them leaves nothing', () => {
    const spool = newSpool();
    putRequest(spool, { event: 'post-commit', path: notes });
    const taken = takeRequests(spool);
    expect(paths(taken)).toEqual([notes]);
    expect(readSpool(spool)).toEqual([]);
    expect(takeRequests(spool)).toEqual([]);
    finishRequests(taken);
    finishRequests(taken);
    expect(readdirSync(spool)).toEqual([]);
  });

  it('gets what comes while the first are worked off', () => {
    const spool = newSpool();
    putRequest(spool, { event: 'post-commit', path: notes });
    const first = takeRequests(spool);
    putRequest(spool, { event: 'post-commit', path: asAbsolute('/later') });
    const second = takeRequests(spool);
    expect(paths(second)).toEqual(['/later']);
    finishRequests(first);
    expect(readFileSync(second[0]?.file ?? '', 'utf8')).toBe('post-commit\n/later');
    finishRequests(second);
    expect(readdirSync(spool)).toEqual([]);
  });

  it('leaves alone what a living run has taken', () => {
    const spool = newSpool();
    const file = abandon(spool, notes);
    const alive = join(spool, `taken-${process.ppid}-`);
    spawnSync('mv', [dirname(file), alive]);
    expect(takeRequests(spool)).toEqual([]);
    expect(readdirSync(alive)).toHaveLength(1);
  });

  it('takes over from a run that died, and from two it does not', () => {
    const spool = newSpool();
    abandon(spool, notes);
    const again = takeRequests(spool);
    expect(paths(again)).toEqual([notes]);
    const own = dirname(again[0]?.file ?? '');
    spawnSync('mv', [own, join(spool, `taken-${deadPid()}-2`)]);
    expect(takeRequests(spool)).toEqual([]);
    expect(readdirSync(spool)).toEqual([]);
  });
});
