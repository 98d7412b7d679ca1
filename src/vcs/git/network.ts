import { basename } from 'node:path';
import { type Environment, variable } from '../../system/environment.js';
import { TRANSFER_LIMIT_MS } from '../transfer-limit.js';
import type { GitOptions } from './command.js';
import { once, type Repository } from './repository.js';

/** Returns how a command that speaks to a remote is run: never a prompt, and an end when nothing moves any more. */
export async function networkOptions(
  repository: Pick<Repository, 'git' | 'progress'> & {
    readonly settings: Pick<Repository['settings'], 'networkTimeoutSeconds'>;
  },
): Promise<GitOptions> {
  return {
    env: await once(repository, 'ssh', () => sshEnvironment(repository)),
    timeoutMs: TRANSFER_LIMIT_MS,
    idleTimeoutMs: repository.settings.networkTimeoutSeconds * 1000,
    ...(repository.progress === undefined ? {} : { onStderr: repository.progress }),
  };
}

/** Adds to the person's own ssh command what keeps OpenSSH from asking and from waiting for ever. */
async function sshEnvironment(repository: Pick<Repository, 'git'>): Promise<Environment> {
  if (variable('GIT_SSH_COMMAND') === undefined && variable('GIT_SSH') !== undefined) return {};
  const configured = await repository.git.run(['config', '--get', 'core.sshCommand']);
  const own = variable('GIT_SSH_COMMAND') ?? configured.stdout.toString('utf8').trim();
  const command = own === '' ? 'ssh' : own;
  const program = basename(command.split(' ')[0] ?? '').replace(/\.exe$/i, '');
  if (program !== 'ssh') return own === '' ? {} : { GIT_SSH_COMMAND: command };
  return {
    GIT_SSH_COMMAND: `${command} -oBatchMode=yes -oConnectTimeout=20 -oServerAliveInterval=20 -oServerAliveCountMax=3`,
  };
}
