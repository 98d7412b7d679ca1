// Copied into a compiled engine: makes one run there, as `autosync snapshot` does for a repository that is not installed.
import { commitMessages } from './src/engine/commit-message.js';
import { changeFiles, doAndPublish } from './src/engine/deed.js';
import { openConflicts } from './src/engine/inbox.js';
import { planResolve } from './src/engine/resolve.js';
import { planRestore } from './src/engine/restore.js';
import { chooseRuns, planUndo } from './src/engine/undo.js';
import { visit } from './src/engine/visit.js';
import { AutosyncError } from './src/model/errors.js';
import { readRuns } from './src/store/runs.js';
import { systemClock } from './src/system/clock.js';
import { git } from './src/vcs/git/index.js';

/** Pauses keep their order, and cost a model less of its time. */
const clock = { ...systemClock, sleep: (/** @type {number} */ ms) => systemClock.sleep(ms / 20) };

const CONTEXT = {
  locations: /** @type {any} */ (undefined),
  clock,
  random: Math.random,
  open: (/** @type {any} */ _vcs, /** @type {any} */ path, /** @type {any} */ options) => git.open(path, options),
  tell: () => Promise.reject(new Error('a visited repository tells nobody')),
  keepHooks: () => undefined,
};

const OPTIONS = {
  pull: true,
  push: true,
  dryRun: false,
  allowDeletions: false,
  message: undefined,
  waitMs: 0,
};

/** @param {string} top @param {any} settings */
const targetOf = (top, settings) => ({
  path: /** @type {any} */ (top),
  vcs: /** @type {const} */ ('git'),
  settings,
  registered: undefined,
});

/** @param {string} top @param {any} settings @param {any} trigger */
export function runIn(top, settings, trigger) {
  return visit(CONTEXT, targetOf(top, settings), { ...OPTIONS, trigger });
}

/**
 * Does what `autosync undo`, `restore` and `resolve` do, and makes the run after it; where that is refused, says why.
 *
 * @param {string} top @param {any} settings @param {any} op
 */
export async function doIn(top, settings, op) {
  const target = targetOf(top, settings);
  try {
    const { report } = await doAndPublish(CONTEXT, target, async (tree) => {
      const plan = await PLANS[/** @type {keyof typeof PLANS} */ (op.kind)](tree, settings, op);
      return await changeFiles(CONTEXT, { tree, target }, /** @type {any} */ ({ kind: op.kind, plan }));
    });
    return { report };
  } catch (error) {
    if (error instanceof AutosyncError) return { refused: error.message };
    throw error;
  }
}

/** How each of them decides, given the working tree. */
const PLANS = {
  undo: async (/** @type {any} */ tree, /** @type {any} */ _settings, /** @type {any} */ { last }) => {
    const { branch } = await tree.inspect();
    const runs = chooseRuns(readRuns(tree.privateFolder), branch, { kind: 'last', count: last });
    return (/** @type {any} */ here, /** @type {any} */ present) => planUndo(here.versions, present, runs);
  },
  restore: async (/** @type {any} */ _tree, /** @type {any} */ _settings, /** @type {any} */ { path, id }) => {
    const request = { path, moment: /** @type {const} */ ({ kind: 'revision', id }), typed: id, to: undefined };
    return (/** @type {any} */ here, /** @type {any} */ present) => planRestore(here, present, request);
  },
  resolve: async (/** @type {any} */ tree, /** @type {any} */ settings, /** @type {any} */ { keep }) => {
    const { branch, head } = await tree.inspect();
    const conflicts =
      head === undefined
        ? []
        : await openConflicts({ tree, branch, head, machine: settings.machine, state: undefined });
    if (conflicts.length === 0) throw new AutosyncError('usage', 'there is no conflict');
    const choice = keep === 'both' || keep === 'done' ? { kind: keep } : { kind: 'keep', whose: keep };
    return (/** @type {any} */ here, /** @type {any} */ present) => planResolve(here, present, { conflicts, choice });
  },
};

/** The texts of commits, for targeted tests of a part of the engine. */
export { commitMessages };
