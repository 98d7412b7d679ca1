import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import type { Clock } from '../system/clock.js';
import { childEnvironment } from '../system/environment.js';
import { type ExecResult, exec } from '../system/exec.js';
import { printable } from '../system/printable.js';
import { LABEL } from './launchd-agent.js';

/** The program `launchctl`, for one person. */
export type Launchctl = {
  readonly program: AbsolutePath;
  readonly uid: number;
  readonly clock: Clock;
  readonly timeLimitMs: number;
};

/** Calls launchctl; what its exit code means is the caller's business. */
export const askLaunchd = ({ program, timeLimitMs }: Launchctl, ...args: readonly string[]): Promise<ExecResult> =>
  exec({ program, args, cwd: '/', env: childEnvironment(), timeoutMs: timeLimitMs });

/** Calls launchctl; any failure is an AutosyncError with its words. */
async function tellLaunchd(launchctl: Launchctl, ...args: readonly string[]): Promise<void> {
  const ended = await askLaunchd(launchctl, ...args);
  if (ended.exitCode !== 0) throw failure(launchctl, args, ended);
}

function failure({ timeLimitMs }: Launchctl, args: readonly string[], ended: ExecResult): AutosyncError {
  const words = printable(ended.stderr.trim().split('\n', 1)[0] ?? '') || `exit code ${ended.exitCode}`;
  const why = ended.timedOut ? `it did not end within ${timeLimitMs / 1000} seconds` : words;
  return new AutosyncError('environment', `launchctl failed at '${args.join(' ')}': ${why}`, [
    `see what 'launchctl ${args.join(' ')}' says`,
  ]);
}

/**
 * The places where an agent can live, the one that we like best first: the desktop's session, which has the keychain,
 * and the person's own, which is all there is when he has come by ssh.
 */
const domains = ({ uid }: Launchctl): readonly string[] => [`gui/${uid}`, `user/${uid}`];

/** Returns the domain in which an agent can be started now; undefined when launchd has none for this person. */
export async function openDomain(launchctl: Launchctl): Promise<string | undefined> {
  for (const domain of domains(launchctl)) {
    if ((await askLaunchd(launchctl, 'print', domain)).exitCode === 0) return domain;
  }
  return undefined;
}

/** Returns the domain in which our agent is loaded. */
export async function loadedDomain(launchctl: Launchctl): Promise<string | undefined> {
  for (const domain of domains(launchctl)) {
    if ((await askLaunchd(launchctl, 'print', `${domain}/${LABEL}`)).exitCode === 0) return domain;
  }
  return undefined;
}

const TRIES = 6;
const FIRST_PAUSE_MS = 100;

/** "Input/output error": the agent that was just taken out is still there, and goes away within a second or so. */
const STILL_THERE = 5;

/** Takes our agent out of a domain and waits until it is gone, which launchd does in its own time. */
export async function takeOut(launchctl: Launchctl, domain: string): Promise<void> {
  await tellLaunchd(launchctl, 'bootout', `${domain}/${LABEL}`);
  for (let tried = 0; tried < TRIES; tried += 1) {
    if ((await loadedDomain(launchctl)) === undefined) return;
    await launchctl.clock.sleep(FIRST_PAUSE_MS * 2 ** tried);
  }
  throw new AutosyncError('environment', `launchd does not let go of '${LABEL}'`);
}

/** Puts an agent into a domain. */
export async function putIn(launchctl: Launchctl, domain: string, file: AbsolutePath): Promise<void> {
  const args = ['bootstrap', domain, file];
  for (let tried = 1; ; tried += 1) {
    const ended = await askLaunchd(launchctl, ...args);
    if (ended.exitCode === 0) return;
    if (ended.exitCode !== STILL_THERE || tried >= TRIES) throw failure(launchctl, args, ended);
    await launchctl.clock.sleep(FIRST_PAUSE_MS * 2 ** tried);
  }
}
