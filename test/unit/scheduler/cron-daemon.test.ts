import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cronDaemonRuns } from '../../../src/scheduler/cron-daemon.js';

/** A process that lives, and one that cannot: Linux has no numbers above 4,194,304. */
const ALIVE = process.pid;
const DEAD = 99_999_999;

/** Makes a root folder with some files in it. */
function root(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'root-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const runs = (files: Readonly<Record<string, string>>, platform: NodeJS.Platform = 'linux'): boolean =>
  cronDaemonRuns({ platform, root: root(files) });

describe('a cron daemon', () => {
  it.each(['cron', 'crond', 'fcron', 'bcron-sched'])('runs when a process is called %s', (name) => {
    expect(runs({ 'proc/1/comm': 'init\n', 'proc/77/comm': `${name}\n` })).toBe(true);
  });

  it('does not run when no process is called like one', () => {
    expect(runs({})).toBe(false);
    expect(runs({ 'proc/1/comm': 'init\n', 'proc/77/comm': 'crontab\n', 'proc/self/comm': 'cron\n' })).toBe(false);
  });

  it('runs when its pid file names a living process that cannot be looked at', () => {
    expect(runs({ 'run/crond.pid': `${ALIVE}\n` })).toBe(true);
    expect(runs({ 'var/run/cron.pid': `${ALIVE}\n` }, 'freebsd')).toBe(true);
  });

  it('does not run when its pid file is stale, taken over by another program, or nonsense', () => {
    expect(runs({ 'run/crond.pid': `${DEAD}\n` })).toBe(false);
    expect(runs({ 'run/crond.pid': `${ALIVE}\n`, [`proc/${ALIVE}/comm`]: 'node\n' })).toBe(false);
    for (const nonsense of ['', '0\n', '-1\n', 'cron\n']) expect(runs({ 'run/crond.pid': nonsense })).toBe(false);
  });

  it('is not needed where systemd makes timers of the tables', () => {
    const generator = { 'usr/lib/systemd/system-generators/systemd-crontab-generator': '' };
    expect(runs({ ...generator, 'run/systemd/system/x': '' })).toBe(true);
    expect(runs(generator)).toBe(false);
  });

  it('is started on demand on macOS', () => {
    expect(runs({}, 'darwin')).toBe(true);
  });
});
