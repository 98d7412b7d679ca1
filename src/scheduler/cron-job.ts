import type { AbsolutePath } from '../model/paths.js';
import { userName } from '../system/environment.js';
import { exec } from '../system/exec.js';
import { isFolder } from '../system/files.js';
import type { StartResult } from './scheduler.js';

/** Where a job runs, and for how long at most. */
export type JobOptions = { readonly home: AbsolutePath; readonly limitMs: number };

/**
 * Runs a job's command in the environment that cron gives it and nothing else: HOME, LOGNAME, SHELL and a PATH of two
 * folders, in the home folder, with nothing to read (as seen under Debian's cron).
 */
export async function runJob(command: string, { home, limitMs }: JobOptions): Promise<StartResult> {
  const ended = await exec({
    program: '/bin/sh',
    args: ['-c', command],
    cwd: isFolder(home) ? home : '/',
    env: { HOME: home, LOGNAME: userName(), SHELL: '/bin/sh', PATH: '/usr/bin:/bin' },
    timeoutMs: limitMs,
  });
  if (ended.timedOut) return { kind: 'refused', why: 'the run has not ended yet' };
  // The launcher cannot be started: a shell's own codes, which no run of ours ends with.
  if (ended.exitCode === 126 || ended.exitCode === 127) return { kind: 'refused', why: ended.stderr.trim() };
  return { kind: 'ended' };
}
