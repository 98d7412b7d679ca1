import { changeFiles, type Present } from '../engine/deed.js';
import { isAbout, type OpenConflict, openConflicts } from '../engine/inbox.js';
import { resolveMerging } from '../engine/merge-paused.js';
import { type Choice, planResolve, type Resolved, type ResolvePlan, type Unresolved } from '../engine/resolve.js';
import type { Target } from '../engine/target.js';
import { AutosyncError } from '../model/errors.js';
import type { RelativePath } from '../model/paths.js';
import { readState } from '../store/state.js';
import { printable } from '../system/printable.js';
import { foreign } from '../system/terminal.js';
import { isAtOrBelow } from '../vcs/conflict-copy.js';
import type { WorkingTree } from '../vcs/vcs.js';
import type { Wiring } from './wiring.js';

/** A choice that is about whole versions; what a tool has made is none. */
export type WholeChoice = Exclude<Choice, { kind: 'merged' }>;

/** Conflicts in an opened repository. */
export type InTree = { readonly tree: WorkingTree; readonly target: Target };

/** Which conflicts somebody means: those about a path, or all at and below it. */
export type Meant = { readonly path: RelativePath; readonly all: boolean };

/** Lists every conflict of a repository that waits for a person. */
export async function allConflicts({ locations }: Wiring, { tree, target }: InTree): Promise<readonly OpenConflict[]> {
  const { branch, head, blocked } = await tree.inspect();
  if (blocked !== undefined) throw new AutosyncError('failed', `nothing was done: ${blocked.kind}`, [blocked.hint]);
  if (head === undefined) throw new AutosyncError('usage', 'there are no conflicts: there is no commit yet');
  const state = target.registered === undefined ? undefined : readState(locations, target.registered.id);
  return await openConflicts({ tree, branch, head, machine: target.settings.machine, state });
}

/** Lists the conflicts that somebody means; that there is none is a usage error, unless everything was meant. */
export async function meantConflicts(wiring: Wiring, request: InTree & Meant): Promise<readonly OpenConflict[]> {
  const { path, all } = request;
  const isBelow = (one: OpenConflict): boolean => isAtOrBelow(one.copy ?? one.path, path);
  const known = await allConflicts(wiring, request);
  const chosen = known.filter((one) => (all ? isBelow(one) || isAbout(one, path) : isAbout(one, path)));
  if (chosen.length > 0 || (all && path === '')) return chosen;
  throw new AutosyncError('usage', `'${printable(path)}' is in no conflict`, [
    'autosync conflicts lists those that are',
  ]);
}

/** What is to be done about some conflicts. */
export type ChosenRequest = InTree & { readonly chosen: readonly OpenConflict[]; readonly choice: WholeChoice };

/** What was decided, and what could not be. */
export type Decided = { readonly resolved: readonly Resolved[]; readonly unresolved: readonly Unresolved[] };

/** Decides some conflicts in the same way; that none can be is an error. The repository's lock must be ours. */
export async function resolveChosen(wiring: Wiring, request: ChosenRequest): Promise<Decided> {
  const { paused, copied } = inTurn(request);
  // First: what it brings in may be about the same files.
  const merged = paused.length === 0 ? [] : await resolvePaused(wiring, { ...request, chosen: paused });
  if (copied.length === 0) return { resolved: merged, unresolved: [] };
  try {
    const { resolved, unresolved } = await resolveCopied(wiring, { ...request, chosen: copied });
    return { resolved: [...merged, ...resolved], unresolved };
  } catch (error) {
    if (!(error instanceof AutosyncError) || merged.length === 0) throw error;
    return { resolved: merged, unresolved: copied.map(({ path }) => ({ path, error })) };
  }
}

async function resolveCopied(
  { engine }: Wiring,
  { tree, target, chosen: conflicts, choice }: ChosenRequest,
): Promise<Decided> {
  const plan = (here: WorkingTree, present: Present): Promise<ResolvePlan> =>
    planResolve(here, present, { conflicts, choice });
  return (await changeFiles(engine, { tree, target }, { kind: 'resolve', plan })).plan;
}

/**
 * Where a file has so many copies that nothing more is merged, it is in conflict in both ways. That it is right as it
 * stands is then said of the copies; any other choice is about what waits, and leaves the copies for later.
 */
function inTurn({ chosen, choice }: Pick<ChosenRequest, 'chosen' | 'choice'>): {
  readonly paused: readonly OpenConflict[];
  readonly copied: readonly OpenConflict[];
} {
  const paused = chosen.filter(({ state }) => state === 'paused');
  const copied = chosen.filter(({ state }) => state === 'copied');
  if (choice.kind === 'done') return copied.length > 0 ? { paused: [], copied } : { paused, copied };
  const waiting = new Set(paused.map(({ path }) => path));
  return { paused, copied: copied.filter(({ path }) => !waiting.has(path)) };
}

async function resolvePaused(
  { engine }: Wiring,
  { tree, target, chosen: conflicts, choice }: ChosenRequest,
): Promise<readonly Resolved[]> {
  const [first] = conflicts;
  const name = printable(first?.path ?? '');
  if (choice.kind === 'done') {
    throw new AutosyncError('usage', `nothing has been merged yet into '${name}'`, [
      'take --keep mine, theirs or both; or merge by hand, and it is done',
    ]);
  }
  const inTheWay = conflicts.find(({ kind }) => kind === 'in-the-way');
  if (inTheWay !== undefined) {
    throw new AutosyncError('failed', `'${printable(inTheWay.path)}' waits until it has fewer copies`, [
      'rename or delete some of them: autosync conflicts',
    ]);
  }
  return await resolveMerging(engine, { tree, target, conflicts, choice });
}

/** Says what became of a conflict by a choice about whole versions, or by a tool. */
export function describeResolved({ path, machine, beside }: Resolved, choice: WholeChoice | { kind: 'tool' }): string {
  const name = `'${printable(path)}'`;
  if (choice.kind === 'tool') return `resolved ${name}: it holds what was merged, both versions are in the history`;
  if (beside !== undefined) return `resolved ${name}: the other version is '${printable(beside)}'`;
  if (choice.kind !== 'keep') return `resolved ${name}: it stays as it stands`;
  const whose = machine === undefined ? 'the version that was chosen' : `${foreign(machine)}'s version`;
  return `resolved ${name}: ${whose} has the name, the other one is in the history`;
}

/** Says the same for programs. */
export const resolvedJson = ({ path, machine, beside }: Resolved): unknown => ({
  path,
  machine: machine ?? null,
  beside: beside ?? null,
});

/** Says for programs what could not be resolved, and why. */
export const unresolvedJson = ({ path, error }: Unresolved): unknown => ({
  path,
  why: error.message,
  hints: error.hints,
});
