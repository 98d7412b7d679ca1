import { BY_HAND } from '../model/by-hand.js';
import { AutosyncError } from '../model/errors.js';
import type { Conflict } from '../model/outcome.js';
import type { RelativePath } from '../model/paths.js';
import { readState } from '../store/state.js';
import { printable } from '../system/printable.js';
import type { WorkingTree } from '../vcs/vcs.js';
import type { Edit, Versions } from '../vcs/versions.js';
import type { EngineContext } from './context.js';
import { changeFiles, type Present } from './deed.js';
import { leftToPerson, type OpenConflict, type Side } from './inbox.js';
import { type Choice, planResolve, type Resolved, type ResolvePlan, sideOf } from './resolve.js';
import type { Target } from './target.js';
import { tick } from './tick.js';
import { RUN_BY_HAND } from './visit.js';

/** A merge that has been made for a person: its two sides, and what conflicted. */
export type PausedMerge = {
  readonly id: string;
  readonly ours: string;
  readonly theirs: string;
  readonly conflicts: readonly Conflict[];
};

/** What is to be decided of it, and how. */
export type PausedResolution = {
  readonly tree: WorkingTree;
  readonly target: Target;
  readonly conflicts: readonly OpenConflict[];
  readonly choice: PausedChoice;
  /** Looks once more at what has been merged, before anything of it is decided. */
  readonly lookAgain?: (tree: WorkingTree, merge: PausedMerge) => Promise<void>;
};

/** That a file is right as it stands cannot be said of what has not been merged. */
export type PausedChoice = Exclude<Choice, { kind: 'done' }>;

/**
 * Merges what was left to a person, and applies his choice to it. What cannot be decided is refused before anything is
 * merged, as far as that can be told; else it is said that the merge stands. The repository's lock must be ours.
 */
export async function resolveMerging(context: EngineContext, request: PausedResolution): Promise<readonly Resolved[]> {
  const { tree, target, conflicts, choice, lookAgain } = request;
  refuseBeforehand(context, request);
  const merge = await mergePaused(context, { tree, target });
  const plan = async (here: WorkingTree, present: Present): Promise<ResolvePlan> => {
    await lookAgain?.(here, merge);
    return await planPaused(here, present, { conflicts, choice, merge });
  };
  try {
    return (await changeFiles(context, { tree, target }, { kind: 'resolve', plan })).plan.resolved;
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
    const why = error.message.replace(/^nothing was done: /, 'what waited is merged, with copies, but not decided: ');
    throw new AutosyncError(error.kind, why, [...error.hints, 'autosync conflicts lists what is left'], error);
  }
}

/** Refuses a choice that nothing can be made of, while nothing has been merged yet. */
function refuseBeforehand({ locations }: EngineContext, { target, conflicts, choice }: PausedResolution): void {
  const sides = conflicts.map((conflict) => (choice.kind === 'keep' ? sideOf(conflict, choice.whose) : undefined));
  const toTheirs = new Set<string>(conflicts.filter((_, at) => sides[at] === 'other').map(({ path }) => path));
  const state = target.registered === undefined ? undefined : readState(locations, target.registered.id);
  const waiting = leftToPerson(state)?.integrate.conflicts ?? [];
  // The merge gives it the hub's commit, and has no copy for ours.
  const submodule = waiting.find(({ path, kind }) => kind === 'submodule' && !toTheirs.has(path));
  if (submodule === undefined) return;
  const name = printable(submodule.path);
  throw new AutosyncError('failed', `nothing was done: both sides moved the submodule '${name}'`, [
    `to take theirs: autosync resolve '${name}' --keep theirs`,
    `to keep yours: ${BY_HAND[target.vcs].merge}, then git add '${name}' and git commit`,
  ]);
}

/**
 * Merges what was left to a person, as the policy `keep-both` does, without sending it: every conflict gets its copy, and
 * the person's choice is applied to that.
 */
async function mergePaused(
  { clock, random }: EngineContext,
  { tree, target }: { readonly tree: WorkingTree; readonly target: Target },
): Promise<PausedMerge> {
  // The run marks itself, and would take a mark that it finds for that of one that was killed.
  tree.end();
  const settings = { ...target.settings, conflict: 'keep-both', mostConflictCopies: Number.POSITIVE_INFINITY } as const;
  const report = await tick({ ...RUN_BY_HAND, push: false, tree, settings, stillChanging: {}, clock, random });
  tree.begin();
  const { head } = await tree.inspect();
  if (report.integrate.kind !== 'merged' || head === undefined) {
    throw new AutosyncError('failed', 'nothing was merged', [report.why || 'autosync snapshot says how it stands']);
  }
  return { id: head, ours: `${head}^1`, theirs: `${head}^2`, conflicts: report.integrate.conflicts };
}

type PausedRequest = {
  readonly conflicts: readonly OpenConflict[];
  readonly choice: PausedChoice;
  readonly merge: PausedMerge;
};

/** Decides what a person's choice makes of conflicts that have just been merged. */
async function planPaused(
  tree: WorkingTree,
  present: Present,
  { conflicts, choice, merge }: PausedRequest,
): Promise<ResolvePlan> {
  if (choice.kind === 'both') return await planBoth(tree, present, { conflicts, choice, merge });
  if (choice.kind === 'merged') return await planMerged(tree, present, { conflicts, choice, merge });
  return await planKeep(tree, present, { conflicts, choice, merge });
}

type KeepRequest = Omit<PausedRequest, 'choice'> & { readonly choice: Extract<Choice, { kind: 'keep' }> };

/** Gives one side's version the name; what a merge has put into a copy has it under whatever name the side knew it by. */
async function planKeep(
  tree: WorkingTree,
  present: Present,
  { conflicts, choice, merge }: KeepRequest,
): Promise<ResolvePlan> {
  const edits: Edit[] = [];
  const resolved: Resolved[] = [];
  const standing = new Set<string>((await tree.versions.entries(present.head)).map(({ path }) => path));
  for (const conflict of conflicts) {
    const { path, kept, other } = conflict;
    const isOurs = sideOf(conflict, choice.whose) === 'kept';
    const wanted = await editsTo(tree, present, { conflict, isOurs, merge });
    edits.push(...wanted.filter(({ path: name, to }) => to.kind !== 'nothing' || standing.has(name)));
    resolved.push({ path, machine: isOurs ? kept.machine : other.machine, beside: undefined });
  }
  const words = resolved.map(({ path, machine }) => `Kept ${machine ?? 'one'}'s version of ${path}`);
  const subject = words.length === 1 ? (words[0] ?? '') : `Resolved ${words.length} conflicts`;
  return { edits, subject, lines: words.length === 1 ? [] : words, resolved, unresolved: [] };
}

/** Puts what a person has merged under the path that he merged; the copy goes. */
async function planMerged(
  { versions }: WorkingTree,
  { head }: Present,
  {
    conflicts,
    choice,
    merge,
  }: Omit<PausedRequest, 'choice'> & { readonly choice: Extract<Choice, { kind: 'merged' }> },
): Promise<ResolvePlan> {
  const [conflict] = conflicts;
  if (conflict === undefined || conflicts.length > 1) throw new Error('one result is that of one conflict');
  const { path } = conflict;
  const mode = (await versions.entries(head, path)).find((entry) => entry.path === path)?.content.mode ?? '100644';
  const edits: readonly Edit[] = [
    ...copiesOf(conflict, merge).map(removal),
    { path, to: { kind: 'bytes', bytes: choice.bytes, mode } },
  ];
  const resolved = [{ path, machine: undefined, beside: undefined }];
  return { edits, subject: `Merged both versions of ${path}`, lines: [], resolved, unresolved: [] };
}

type KeptSide = { readonly conflict: OpenConflict; readonly isOurs: boolean; readonly merge: PausedMerge };

/** Gives one side's version the name: of a copy, the merge has made it; elsewhere the side itself tells what it had. */
async function editsTo(
  tree: WorkingTree,
  present: Present,
  { conflict, isOurs, merge }: KeptSide,
): Promise<readonly Edit[]> {
  const { path } = conflict;
  const { versions } = tree;
  const copies = copiesOf(conflict, merge);
  const [copy, ...more] = copies;
  if (copy !== undefined && more.length === 0) {
    // A side that calls the file by another name has nothing at the path: what it had is where the merge has put it.
    const copied = await asCopied(versions, { conflict, copy, merge });
    const choice = { kind: 'keep', whose: isOurs ? 'mine' : 'theirs' } as const;
    return (await planResolve(tree, present, { conflicts: [copied], choice })).edits;
  }
  const gone = copies.map(removal);
  const side = isOurs ? merge.ours : merge.theirs;
  const had = await versions.entries(side, path);
  const put = had.map(({ path: name }): Edit => ({ path: name, to: { kind: 'version', revision: side, path: name } }));
  if (put.length > 0) return [...gone, ...put];
  if (merge.conflicts.some((one) => one.path === path)) return [...gone, removal(path)];
  throw new AutosyncError(
    'failed',
    `'${printable(path)}' is not resolved: what the hub has of it is another one by now`,
  );
}

async function planBoth(tree: WorkingTree, present: Present, request: PausedRequest): Promise<ResolvePlan> {
  const { conflicts, choice, merge } = request;
  const copied: OpenConflict[] = [];
  for (const conflict of conflicts) {
    const [copy] = copiesOf(conflict, merge);
    // Without a copy only one side has the file: it stands there, and the removal is in the history.
    if (copy !== undefined) copied.push(await asCopied(tree.versions, { conflict, copy, merge }));
  }
  return await planResolve(tree, present, { conflicts: copied, choice });
}

/** Returns the copies that the merge has made of a path. */
const copiesOf = ({ path }: OpenConflict, { conflicts }: PausedMerge): readonly RelativePath[] =>
  conflicts.flatMap((one) => (one.path === path && one.copy !== undefined ? [one.copy] : []));

const removal = (path: RelativePath): Edit => ({ path, to: { kind: 'nothing' } });

type CopyOf = { readonly conflict: OpenConflict; readonly copy: RelativePath; readonly merge: PausedMerge };

/** Tells of a conflict what it has become by the merge: one with a copy, in which the other version is. */
async function asCopied(versions: Versions, { conflict, copy, merge }: CopyOf): Promise<OpenConflict> {
  const { path, kept: ours, other: theirs } = conflict;
  const at = (side: Side, place: RelativePath): Side => ({ ...side, path: place });
  if (await isTheirs(versions, { path, copy, merge })) {
    return { ...conflict, copy, kept: at(ours, path), other: at(theirs, copy), mine: 'kept' };
  }
  return { ...conflict, copy, kept: at(theirs, path), other: at(ours, copy), mine: 'other' };
}

/** A copy holds our version, but where theirs has no place beside a folder, or beside a link, of ours. */
async function isTheirs(
  versions: Versions,
  { path, copy, merge }: { readonly path: RelativePath } & Omit<CopyOf, 'conflict'>,
): Promise<boolean> {
  const made = await fileAt(versions, merge.id, copy);
  const isMade = (file: PlainFile | undefined): boolean =>
    made !== undefined && file?.mode === made.mode && file.bytes.equals(made.bytes);
  return isMade(await fileAt(versions, merge.theirs, path)) && !isMade(await fileAt(versions, merge.ours, path));
}

type PlainFile = { readonly mode: string; readonly bytes: Buffer };

async function fileAt(versions: Versions, revision: string, path: RelativePath): Promise<PlainFile | undefined> {
  const entry = (await versions.entries(revision, path)).find((file) => file.path === path);
  const bytes = entry && (await versions.read(revision, path));
  return entry && bytes && { mode: entry.content.mode, bytes };
}
