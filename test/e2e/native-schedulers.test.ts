import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asAbsolute } from '../../src/model/paths.js';
import { createLaunchd } from '../../src/scheduler/launchd.js';
import type { Scheduler, SchedulerEntry } from '../../src/scheduler/scheduler.js';
import { createSchtasks } from '../../src/scheduler/schtasks.js';
import { until } from '../support/cli.js';

/** Makes an entry whose launcher leaves a file with its arguments. */
function entryWith(
  launcherName: string,
  script: (heard: string) => string,
): SchedulerEntry & { readonly heard: string } {
  const folder = mkdtempSync(join(tmpdir(), 'Grüße & co '));
  const heard = join(folder, 'heard');
  const launcher = asAbsolute(join(folder, launcherName));
  writeFileSync(launcher, script(heard), { mode: 0o755 });
  const slots = [{ schedule: { kind: 'every' as const, seconds: 900 }, offsetSeconds: 0 }];
  return { launcher, home: asAbsolute(homedir()), slots, second: 23, heard };
}

/** Goes through all that the interface has, with the machine's own scheduler; `check` is its own tool's opinion. */
async function goThrough(scheduler: Scheduler, entry: ReturnType<typeof entryWith>, check: () => void): Promise<void> {
  try {
    expect(await scheduler.availability()).toEqual({ kind: 'available' });
    expect(await scheduler.install(entry)).toEqual({ kind: 'installed' });
    check();
    expect(await scheduler.install(entry)).toEqual({ kind: 'unchanged' });
    expect(await scheduler.state(entry)).toMatchObject({ kind: 'present' });
    expect(await scheduler.start(entry, 60_000)).toEqual({ kind: 'started' });
    await until('the launcher was called', () => existsSync(entry.heard));
    expect(readFileSync(entry.heard, 'utf8')).toContain('snapshot --due');
  } finally {
    await scheduler.uninstall();
  }
  expect(await scheduler.state(entry)).toMatchObject({ kind: 'absent' });
}

describe.runIf(process.platform === 'darwin')('launchd itself', () => {
  it('loads the agent, runs it and lets it go', async () => {
    // launchd reads the person's own folder; a workflow's machine has nobody else's agent of that name.
    const scheduler = createLaunchd({ home: asAbsolute(homedir()) });
    const entry = entryWith('run', (heard) => `#!/bin/sh\necho "$@" > '${heard}'\n`);
    const file = join(homedir(), 'Library', 'LaunchAgents', 'autosync.plist');
    await goThrough(scheduler, entry, () => execFileSync('plutil', ['-lint', file]));
    expect(existsSync(file)).toBe(false);
  });
});

describe.runIf(process.platform === 'win32')('Task Scheduler itself', () => {
  it('takes the task, runs it and lets it go', async () => {
    const state = asAbsolute(join(mkdtempSync(join(tmpdir(), 'state-')), 'autosync'));
    mkdirSync(state);
    const scheduler = createSchtasks({ locations: { state }, user: `test-${process.pid}` });
    const entry = entryWith('run.cmd', (heard) => `@echo off\r\nchcp 65001 >nul\r\necho %*>"${heard}"\r\n`);
    await goThrough(scheduler, entry, () => {
      const name = `autosync (test-${process.pid})`;
      expect(execFileSync('schtasks', ['/query', '/tn', name, '/xml'], { encoding: 'latin1' })).toContain('PT15M');
    });
    rmSync(state, { recursive: true });
  });
});
