// Copied into a compiled engine: makes one run there, as `autosync snapshot` does for a repository that is not installed.
import { commitMessages } from './src/engine/commit-message.js';
import { visit } from './src/engine/visit.js';
import { systemClock } from './src/system/clock.js';
import { git } from './src/vcs/git/index.js';

/** Pauses keep their order, and cost a model less of its time. */
const clock = { ...systemClock, sleep: (/** @type {number} */ ms) => systemClock.sleep(ms / 20) };

/** @param {string} top @param {any} settings @param {any} trigger */
export function runIn(top, settings, trigger) {
  const context = {
    locations: /** @type {any} */ (undefined),
    clock,
    random: Math.random,
    open: (/** @type {any} */ _vcs, /** @type {any} */ path, /** @type {any} */ options) => git.open(path, options),
    tell: () => Promise.reject(new Error('a visited repository tells nobody')),
    keepHooks: () => undefined,
  };
  const target = { path: /** @type {any} */ (top), vcs: /** @type {const} */ ('git'), settings, registered: undefined };
  const options = {
    trigger,
    pull: true,
    push: true,
    dryRun: false,
    allowDeletions: false,
    message: undefined,
    waitMs: 0,
  };
  return visit(context, target, options);
}

/** The texts of commits, for targeted tests of a part of the engine. */
export { commitMessages };
