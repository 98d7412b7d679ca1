// Runs at the end of `npm ci` and `npm install` in a checkout: afterwards it is ready to be worked on, and to be linked
// with `npm install --global .`. What it cannot do it says; it never makes an installation fail.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { note, root } from './steps/run.js';

await attempt('git hooks are not set', setHooks);
await attempt('not built', buildDist);

/** Gives our own development its git hooks, `.husky/*`; outside a checkout and on a CI machine nobody needs them. */
async function setHooks() {
  if (process.env.CI !== undefined || !existsSync(join(root, '.git'))) return;
  const { default: husky } = await import('husky');
  const complaint = husky();
  if (complaint !== '') throw new Error(complaint);
}

/** A production install has no compiler, and what npm packs is built already. */
async function buildDist() {
  if (!existsSync(join(root, 'node_modules', 'typescript'))) return;
  const { build } = await import('./steps/build.js');
  if (!build()) throw new Error('see the errors above; `npm run build` tries again');
}

/**
 * @param {string} failure
 * @param {() => Promise<void>} action
 */
async function attempt(failure, action) {
  try {
    await action();
  } catch (error) {
    note(`${failure}: ${error instanceof Error ? error.message.trim() : error}`);
  }
}
