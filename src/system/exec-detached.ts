import { spawn } from 'node:child_process';
import { platform } from './environment.js';
import type { ExecRequest } from './exec.js';

/**
 * Starts a program that outlives us, with no streams of ours, and does not wait. It has a file of its own because an
 * editor waits for it: execa alone takes longer to load than all else that a poke does. A program that cannot be started
 * is nobody's error here; what it was to do waits in the spool.
 */
export function execDetached({ program, args, cwd, env }: Pick<ExecRequest, 'program' | 'args' | 'cwd' | 'env'>): void {
  const options = { cwd, env, stdio: 'ignore', detached: true, windowsHide: true } as const;
  // Windows starts a batch file only through its shell (Node 20.12); every word is ours.
  const child =
    platform === 'win32'
      ? spawn('cmd.exe', ['/d', '/s', '/c', `""${program}" ${args.join(' ')}"`], {
          ...options,
          windowsVerbatimArguments: true,
        })
      : spawn(program, args, options);
  child.on('error', () => undefined);
  child.unref();
}
