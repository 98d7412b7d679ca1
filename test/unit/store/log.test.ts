import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { asRelative } from '../../../src/model/paths.js';
import { NOTHING_DONE, type RepoReport } from '../../../src/model/report.js';
import type { Locations } from '../../../src/store/locations.js';
import { appendLog, type LogEntry, readLog, runEntry } from '../../../src/store/log.js';
import { freshLocations } from '../../support/locations.js';

const MEBIBYTE = 1024 * 1024;

let locations: Locations;

beforeEach(() => {
  locations = freshLocations();
});

const entry = (number: number, repo = '/home/me/notes'): LogEntry => ({
  at: new Date(number).toISOString(),
  repo,
  event: 'run',
  number,
});
const numbers = (wanted: { readonly repo?: string; readonly limit: number }): readonly unknown[] =>
  readLog(locations, wanted).map((found) => found['number']);

describe('the log', () => {
  it('is empty before anything has happened', () => {
    expect(readLog(locations, { limit: 10 })).toEqual([]);
  });

  it('gives back what was written, newest last, for its owner alone', () => {
    for (const number of [1, 2, 3]) appendLog(locations, entry(number));
    expect(readLog(locations, { limit: 10 })).toEqual([entry(1), entry(2), entry(3)]);
    expect(readLog(locations, { limit: 2 })).toEqual([entry(2), entry(3)]);
    expect(readLog(locations, { limit: 0 })).toEqual([]);
    expect(statSync(locations.log).mode & 0o777).toBe(0o600);
    expect(statSync(locations.state).mode & 0o777).toBe(0o700);
  });

  it('can be asked for one repository, whatever its name', () => {
    const names = ['/a', '/token=abc', '/caf\udce9', '/a\nb', '/\u202e'];
    for (const [number, name] of names.entries()) appendLog(locations, entry(number, name));
    for (const [number, name] of names.entries()) expect(numbers({ repo: name, limit: 5 })).toEqual([number]);
    expect(numbers({ repo: '/other', limit: 5 })).toEqual([]);
  });

  it('has one line for each entry, which steers no terminal', () => {
    appendLog(locations, { ...entry(1), why: 'a\nb\u001b[31m\u009b1m\u202e\u2028\ufeffé💀' });
    const text = readFileSync(locations.log, 'utf8');
    expect(text).toMatch(/^[ -~é💀]+\n$/u);
    expect(readLog(locations, { limit: 1 })[0]?.['why']).toBe('a\nb\u001b[31m\u009b1m\u202e\u2028\ufeffé💀');
  });

  it('passes over what a power cut or a full disk has left of a line, and goes on behind it', () => {
    appendLog(locations, entry(1));
    appendFileSync(locations.log, '{"at":"2030-01-01T00:00:00Z","repo":"/x","ev');
    expect(numbers({ limit: 5 })).toEqual([1]);
    appendLog(locations, entry(2));
    appendFileSync(locations.log, `${'\0'.repeat(50)}\n[]\n"x"\n{"at":1}\n\n`);
    appendLog(locations, entry(3));
    expect(numbers({ limit: 5 })).toEqual([1, 2, 3]);
  });

  it('gives back any entry that is JSON', () => {
    const member = fc.jsonValue().filter((value) => JSON.stringify(value).length < 500);
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{3,8}$/), member), (more) => {
        const written = { ...more, at: 'now', repo: '/a', event: 'run' };
        appendLog(locations, written);
        expect(readLog(locations, { limit: 1 })).toEqual([JSON.parse(JSON.stringify(written))]);
      }),
    );
  });
});

describe('the size of the log', () => {
  /** Fills the log with entries of a known length, so that it is about to be full. */
  const fill = (from: number, to: number): void => {
    for (let number = from; number < to; number += 1)
      appendLog(locations, { ...entry(number), why: 'x'.repeat(1_900) });
  };

  it('is bounded: older files make room, and the newest entries stay', () => {
    fill(0, 3_000);
    const files = readdirSync(locations.state);
    expect(files.sort()).toEqual(['log.1.jsonl', 'log.2.jsonl', 'log.3.jsonl', 'log.jsonl']);
    for (const file of files) expect(statSync(join(locations.state, file)).size).toBeLessThanOrEqual(MEBIBYTE);
    const kept = numbers({ limit: 10_000 });
    expect(kept.length).toBeGreaterThan(1_500);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => 3_000 - kept.length + index));
    expect(numbers({ limit: 700 })).toEqual(kept.slice(-700));
  });

  it('has no entry without bounds', () => {
    const paths = Array.from({ length: 100_000 }, (_, index) => `file ${index}`);
    appendLog(locations, { ...entry(1), why: 'x'.repeat(5 * MEBIBYTE), paths, more: [paths] });
    expect(statSync(locations.log).size).toBeLessThan(10_000);
    expect(numbers({ limit: 1 })).toEqual([1]);
  });

  it('is taken in hand again by the next one when somebody else is rotating', () => {
    mkdirSync(locations.state, { recursive: true });
    writeFileSync(locations.log, `${'x'.repeat(MEBIBYTE)}\n`);
    writeFileSync(join(locations.state, 'log.lock'), '');
    appendLog(locations, entry(1));
    expect(readdirSync(locations.state).sort()).toEqual(['log.jsonl', 'log.lock']);
    expect(numbers({ limit: 5 })).toEqual([1]);
  });
});

describe('secrets', () => {
  const report: RepoReport = {
    ...NOTHING_DONE,
    path: '/home/me/notes',
    vcs: 'git',
    branch: 'main',
    verdict: 'attention',
    why: "cannot reach 'https://me:hunter2@host/x.git'",
    commit: {
      kind: 'committed',
      message: 'Added a?token=hunter2',
      changes: [{ type: 'added', path: asRelative('a') }],
    },
    push: {
      kind: 'unavailable',
      reason: 'auth',
      why: 'Authorization: Basic hunter2 https://me:hun@ter2@host password=hunter2',
    },
    durationMs: 5,
  };

  it('do not reach the log, wherever in a report they are', () => {
    appendLog(locations, runEntry(report, { at: 'now', event: 'schedule' }));
    const text = readFileSync(locations.log, 'utf8');
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('ter2');
    expect(text).toContain('https://host/x.git');
  });

  it('leave the rest of a report as it is', () => {
    appendLog(locations, runEntry(report, { at: 'now', event: 'schedule' }));
    expect(readLog(locations, { limit: 1 })).toMatchObject([
      {
        at: 'now',
        event: 'schedule',
        repo: report.path,
        verdict: 'attention',
        changes: 1,
        push: { reason: 'auth' },
        durationMs: 5,
      },
    ]);
  });
});
