import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { note, root } from './run.js';

/**
 * Gives our own development its git hooks, `.husky/*`. Outside a checkout and on a CI machine nobody needs them. It is
 * no `prepare` script of npm's: those would also concern whoever only installs the package.
 */
export async function setGitHooks() {
  if (process.env.CI !== undefined || !existsSync(join(root, '.git'))) return;
  const { default: husky } = await import('husky');
  const complaint = husky();
  if (complaint !== '') note(`git hooks are not set: ${complaint}`);
}
