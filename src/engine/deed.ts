import type { Quarantined } from '../model/change.js';
import { AutosyncError } from '../model/errors.js';
import type { RelativePath } from '../model/paths.js';
import type { RepoReport } from '../model/report.js';
import type { RunKind } from '../store/runs.js';
import { readState } from '../store/state.js';
import { printable } from '../system/printable.js';
import { liesInMetadata } from '../vcs/metadata-name.js';
import type { WorkingTree } from '../vcs/vcs.js';
import type { Edit, FileEntry } from '../vcs/versions.js';
import { commitMessages, deedMessage } from './commit-message.js';
import type { EngineContext } from './context.js';
import { type Journey, journeyIn } from './journey.js';
import { knownRules } from './known-rules.js';
import type { Target } from './target.js';
import { expectTree, missingFolder, RUN_BY_HAND, visit, waitForLock } from './visit.js';

/** Somebody who saves at this very moment has done so after so many tries. */
const MAX_ROUNDS = 6;

/** Opens a repository under its lock, heals what a killed run left, does something there, and lets it go. */
export async function inRepository<T>(
  context: EngineContext,
  target: Target,
  work: (tree: WorkingTree) => Promise<T>,
): Promise<T> {
  const { settings, registered } = target;
  const before = registered && readState(context.locations, registered.id).rules;
  const tree = await openTarget(context, { ...target, settings: knownRules(settings, before) });
  const lock = await waitForLock(context, tree, RUN_BY_HAND.waitMs);
  if (lock === undefined) {
    throw new AutosyncError('locked', `another run of '${printable(target.path)}' is under way`, [
      'try again when it has ended',
    ]);
  }
  try {
    await tree.heal();
    return await markedAsRun(tree, () => work(tree));
  } finally {
    lock.release();
  }
}

/** Marks that something is under way; what is refused in words has left nothing half done, for which a mark would stay. */
async function markedAsRun<T>(tree: WorkingTree, work: () => Promise<T>): Promise<T> {
  tree.begin();
  try {
    const result = await work();
    tree.end();
    return result;
  } catch (error) {
    if (error instanceof AutosyncError) tree.end();
    throw error;
  }
}

/** Opens a repository to look at it; nothing is locked, healed or changed. */
export async function openTarget(context: EngineContext, target: Target): Promise<WorkingTree> {
  const missing = missingFolder(target);
  if (missing !== undefined) throw new AutosyncError('failed', 'the folder is gone', [missing.hint]);
  const { clock, progress } = context;
  const opened = await context.open(target.vcs, target.path, {
    settings: target.settings,
    messages: commitMessages(target.settings),
    now: clock.now,
    sleep: clock.sleep,
    ...(progress === undefined ? {} : { progress }),
  });
  return expectTree(target, opened);
}

/** The present state of a working tree, every byte of which is in a commit but for what is named. */
export type Present = {
  readonly branch: string;
  readonly head: string;
  readonly quarantined: readonly Quarantined[];
};

/** What is to be done to the files, and how it is called. */
export type Plan = {
  readonly edits: readonly Edit[];
  readonly subject: string;
  /** One line for each file. */
  readonly lines: readonly string[];
};

/** A change that a person asks for. */
export type Deed<P extends Plan> = {
  readonly kind: Exclude<RunKind, 'run' | 'snapshot'>;
  /** Decides what to do, given the present state; what cannot be done is thrown, and nothing has been done then. */
  readonly plan: (tree: WorkingTree, present: Present) => Promise<P>;
};

/** What became of it; `head` is undefined where the files were so already. */
export type Done<P extends Plan> = { readonly plan: P; readonly head: string | undefined };

/**
 * Changes files as a commit of its own: what stands in the tree is committed first, so that nothing is lost, then the
 * change is put in place as if it came from the hub. Whoever saves meanwhile is met, and all begins again.
 */
export async function changeFiles<P extends Plan>(
  context: EngineContext,
  { tree, target }: { readonly tree: WorkingTree; readonly target: Target },
  deed: Deed<P>,
): Promise<Done<P>> {
  let why = '';
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const present = await commitPresent(context, tree);
    if (typeof present === 'string') {
      why = present;
      continue;
    }
    const plan = await deed.plan(tree, present);
    const { branch, head, quarantined } = present;
    refuseMetadata(plan.edits);
    refuseUncommitted(plan.edits, quarantined);
    refuseClashes(plan.edits, await tree.versions.entries(head));
    const message = deedMessage(plan.subject, plan.lines, target.settings.machine);
    const result = await tree.versions.revise({ branch, head, edits: plan.edits, message, quarantined });
    switch (result.kind) {
      case 'changed-meanwhile':
        why = result.why;
        continue;
      case 'blocked':
        throw new AutosyncError('failed', `nothing was done: ${result.blocked.kind}`, [result.blocked.hint]);
      case 'unchanged':
        return { plan, head: undefined };
      case 'done': {
        const journey = following(tree, present);
        journey.standsOn(branch, result.head);
        journey.remember(deed.kind, context.clock.now());
        return { plan, head: result.head };
      }
    }
  }
  throw new AutosyncError('failed', `nothing was done: ${printable(why)}`, ['try again']);
}

function following(tree: WorkingTree, { branch, head }: Present): Journey {
  const journey = journeyIn(tree);
  journey.standsOn(branch, head);
  return journey;
}

/** Commits what stands in the tree; returns why it has to be tried again where somebody was faster. */
async function commitPresent(context: EngineContext, tree: WorkingTree): Promise<Present | string> {
  const state = await tree.inspect();
  const journey = journeyIn(tree);
  journey.standsOn(state.branch, state.head);
  if (state.blocked !== undefined) throw leftAlone(state.blocked.kind, state.blocked.hint);
  const snapshot = await tree.snapshot({
    state,
    settle: false,
    stillChanging: {},
    allowDeletions: false,
    dryRun: false,
  });
  if (snapshot.kind === 'changed-meanwhile') return snapshot.why;
  if (snapshot.kind === 'blocked') throw leftAlone(snapshot.blocked.kind, snapshot.blocked.hint);
  const { commit, head, quarantined } = snapshot;
  if (commit.kind === 'refused') {
    const why = commit.why ?? 'the commit was refused';
    throw new AutosyncError('failed', `nothing was done: the present state could not be committed: ${printable(why)}`);
  }
  if (head === undefined) throw new AutosyncError('failed', 'nothing was done: there is no commit yet');
  journey.standsOn(state.branch, head);
  journey.remember('snapshot', context.clock.now());
  return { branch: state.branch, head, quarantined };
}

const leftAlone = (kind: string, hint: string): AutosyncError =>
  new AutosyncError('failed', `nothing was done: ${kind}`, [hint]);

/** What a push has brought must not become a part of a repository itself. */
function refuseMetadata(edits: readonly Edit[]): void {
  const found = edits.find(({ path, to }) => to.kind !== 'nothing' && liesInMetadata(path));
  if (found === undefined) return;
  throw new AutosyncError('failed', `nothing was done: '${printable(found.path)}' would be a repository's own`, [
    'choose another name for it',
  ]);
}

/** What is in no commit must not be replaced. */
function refuseUncommitted(edits: readonly Edit[], quarantined: readonly Quarantined[]): void {
  for (const { path } of edits) {
    const found = quarantined.find((one) => meets(one.path.replace(/\/$/, ''), path));
    if (found === undefined) continue;
    throw new AutosyncError(
      'failed',
      `nothing was done: '${printable(found.path)}' could not be committed first (${found.reason})`,
      ['move it away, then try again'],
    );
  }
}

/** A file that would take the name of a folder, or lie in a file, must not push out what nobody meant. */
function refuseClashes(edits: readonly Edit[], entries: readonly FileEntry[]): void {
  const leaving = new Set(edits.flatMap(({ path, to }) => (to.kind === 'nothing' ? [path] : [])));
  const staying = entries.map(({ path }) => path).filter((path) => !leaving.has(path));
  const names = new Set<string>(staying);
  const folders = new Set(staying.flatMap(foldersAbove));
  for (const { path, to } of edits) {
    if (to.kind === 'nothing') continue;
    const file = foldersAbove(path).find((folder) => names.has(folder));
    if (file !== undefined) throw clash(path, `'${printable(file)}' is a file now`);
    if (folders.has(path)) throw clash(path, 'a folder stands there now');
  }
}

const clash = (path: RelativePath, what: string): AutosyncError =>
  new AutosyncError('failed', `nothing was done: '${printable(path)}' has no place, ${what}`, [
    'bring it back under another name',
  ]);

function foldersAbove(path: string): readonly string[] {
  const at = path.lastIndexOf('/');
  if (at < 0) return [];
  const folder = path.slice(0, at);
  return [folder, ...foldersAbove(folder)];
}

const meets = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);

/** Refuses to commit where the mode leaves the branch to the person. */
export function expectSync({ path, settings }: Target): void {
  const { mode } = settings;
  if (mode === 'sync') return;
  throw new AutosyncError('failed', `nothing was done: in the mode '${mode}' autosync commits nothing on your branch`, [
    `autosync config '${path}' mode sync`,
  ]);
}

/** Does something under the lock, then makes a run, so that what was done travels. */
export async function doAndPublish<T>(
  context: EngineContext,
  target: Target,
  work: (tree: WorkingTree) => Promise<T>,
): Promise<{ readonly result: T; readonly report: RepoReport }> {
  expectSync(target);
  const result = await inRepository(context, target, work);
  return { result, report: await visit(context, target, RUN_BY_HAND) };
}
