import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { running, type Server } from './hg-servers.js';

/** Serves the repositories in a folder with `git daemon`: everybody may push. */
export async function startGitDaemon(folder: string): Promise<Server> {
  const port = await freePort();
  const program = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-daemon');
  const args = ['--listen=127.0.0.1', `--port=${port}`, '--export-all', '--enable=receive-pack'];
  const child = spawn(program, [...args, `--base-path=${folder}`, folder], { cwd: folder, stdio: 'ignore' });
  return await running(child, port);
}
