import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { until } from './cli.js';

/** A cron daemon that is running, and how to end it if it is ours: one that is still ending would be taken for running. */
export type CronDaemon = { readonly stop: () => Promise<void> };

const PID_FILE = '/run/crond.pid';

/**
 * Starts the real cron with a clock that runs twenty times as fast (its jobs have the true time), so that a minute
 * takes three seconds; a daemon that runs already is used as it is.
 */
export async function startCron(): Promise<CronDaemon> {
  if (isAlive(pidInFile())) return { stop: async () => {} };
  const child = spawn('faketime', ['-f', '+0 x20', 'cron', '-f'], { stdio: 'ignore', detached: true });
  await until('cron has started', () => isAlive(pidInFile()));
  const pid = pidInFile();
  return {
    stop: async () => {
      for (const ours of [pid, child.pid]) if (ours !== undefined) spawnSync('kill', [String(ours)]);
      await until('cron has ended', () => !isAlive(pid));
    },
  };
}

function pidInFile(): number | undefined {
  if (!existsSync(PID_FILE)) return undefined;
  return Number(readFileSync(PID_FILE, 'utf8').trim()) || undefined;
}

const isAlive = (pid: number | undefined): pid is number =>
  pid !== undefined && readFileIfThere(`/proc/${pid}/comm`).trim().startsWith('cron');

function readFileIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
