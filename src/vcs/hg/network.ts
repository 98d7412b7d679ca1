import { basename } from 'node:path';
import { TRANSFER_LIMIT_MS } from '../transfer-limit.js';
import type { Hg, HgOptions } from './command.js';
import { PROGRESS_SETTINGS } from './progress.js';

/** Of one large file hg says nothing for a while; a hub that is silent is noticed by hg itself and by ssh. */
const PATIENCE = 5;

/** What speaking to a hub takes: settings for the command, and how it is run. */
export type Network = { readonly args: readonly string[]; readonly options: HgOptions };

/** What of the run's settings matters to a hub. */
export type NetworkRequest = {
  readonly hg: Hg;
  readonly timeoutMs: number;
  readonly progress: ((text: string) => void) | undefined;
};

/** Says how a command that speaks to a hub is run: never a prompt, and an end when nothing moves any more. */
export async function network({ hg, timeoutMs, progress }: NetworkRequest): Promise<Network> {
  const settings = [
    // Hg has no limit of its own: a hub that accepts and never answers would hold it for ever (field notes).
    `http.timeout=${Math.max(1, Math.ceil(timeoutMs / 1000))}`,
    `ui.ssh=${await sshCommand(hg)}`,
    ...PROGRESS_SETTINGS,
  ];
  return {
    args: settings.flatMap((setting) => ['--config', setting]),
    options: {
      timeoutMs: TRANSFER_LIMIT_MS,
      idleTimeoutMs: timeoutMs * PATIENCE,
      ...(progress === undefined ? {} : { onStderr: progress }),
    },
  };
}

/** Adds to the person's own ssh command what keeps OpenSSH from asking and from waiting for ever. */
async function sshCommand(hg: Hg): Promise<string> {
  const { stdout } = await hg.run(['config', '-T', '{value}', 'ui.ssh']);
  const own = stdout.toString('utf8').trim();
  const command = own === '' ? 'ssh' : own;
  const program = basename(command.split(' ')[0] ?? '').replace(/\.exe$/i, '');
  if (program !== 'ssh') return command;
  return `${command} -oBatchMode=yes -oConnectTimeout=20 -oServerAliveInterval=20 -oServerAliveCountMax=3`;
}
