import { AutosyncError } from '../model/errors.js';
import type { Conflict } from '../model/outcome.js';
import type { WorkingTree } from '../vcs/vcs.js';
import type { Edit, FileEntry, Versions } from '../vcs/versions.js';
import type { EngineContext } from './context.js';
import { BY_HAND, type Present } from './deed.js';
import type { OpenConflict } from './inbox.js';
import { type Choice, planResolve, type Resolved, type ResolvePlan, sideOf } from './resolve.js';
import type { Target } from './target.js';
import { tick } from './tick.js';

/** A merge that has been made for a person: its two sides, and what conflicted. */
export type PausedMerge = {
  readonly ours: string;
  readonly theirs: string;
  readonly conflicts: readonly Conflict[];
};

/**
 * Merges what was left to a person, as the policy `keep-both` does, without sending it: every conflict gets its copy, and
 * the person's choice is applied to that. The repository's lock must be ours.
 */
export async function mergePaused(
  { clock, random }: EngineContext,
  { tree, target }: { readonly tree: WorkingTree; readonly target: Target },
): Promise<PausedMerge> {
  const settings = { ...target.settings, conflict: 'keep-both' } as const;
  const report = await tick({ ...BY_HAND, push: false, tree, settings, stillChanging: {}, clock, random });
  tree.begin();
  const { head } = await tree.inspect();
  if (report.integrate.kind !== 'merged' || head === undefined) {
    throw new AutosyncError('failed', 'nothing was merged', [report.why || 'autosync snapshot says how it stands']);
  }
  return { ours: `${head}^1`, theirs: `${head}^2`, conflicts: report.integrate.conflicts };
}

type PausedRequest = {
  readonly conflicts: readonly OpenConflict[];
  readonly choice: Extract<Choice, { kind: 'keep' | 'both' }>;
  readonly merge: PausedMerge;
};

/** Decides what a person's choice makes of conflicts that have just been merged. */
export async function planPaused(
  tree: WorkingTree,
  present: Present,
  { conflicts, choice, merge }: PausedRequest,
): Promise<ResolvePlan> {
  if (choice.kind === 'both') return await planBoth(tree, present, { conflicts, choice, merge });
  const edits: Edit[] = [];
  const resolved: Resolved[] = [];
  const standing = new Set<string>((await tree.versions.entries(present.head)).map(({ path }) => path));
  for (const conflict of conflicts) {
    const { path, kept, other } = conflict;
    const isOurs = sideOf(conflict, choice.whose) === 'kept';
    const side = isOurs ? merge.ours : merge.theirs;
    const wanted = await editsTo(tree.versions, { conflict, side, merge });
    edits.push(...wanted.filter(({ path: name, to }) => to.kind !== 'nothing' || standing.has(name)));
    resolved.push({ path, machine: isOurs ? kept.machine : other.machine, beside: undefined });
  }
  const words = resolved.map(({ path, machine }) => `Kept ${machine ?? 'one'}'s version of ${path}`);
  const subject = words.length === 1 ? (words[0] ?? '') : `Resolved ${words.length} conflicts`;
  return { edits, subject, lines: words.length === 1 ? [] : words, resolved };
}

type SideRequest = { readonly conflict: OpenConflict; readonly side: string; readonly merge: PausedMerge };

/** Makes the path hold what one side had there, or nothing where that side had removed it; the copy goes. */
async function editsTo(versions: Versions, { conflict, side, merge }: SideRequest): Promise<readonly Edit[]> {
  const { path } = conflict;
  const copies = merge.conflicts.flatMap((one) => (one.path === path && one.copy !== undefined ? [one.copy] : []));
  const gone = copies.map((copy): Edit => ({ path: copy, to: { kind: 'nothing' } }));
  const had: readonly FileEntry[] = await versions.entries(side, path);
  if (had.length === 0) return [...gone, { path, to: { kind: 'nothing' } }];
  const put = had.map(({ path: name }): Edit => ({ path: name, to: { kind: 'version', revision: side, path: name } }));
  return [...gone, ...put];
}

async function planBoth(tree: WorkingTree, present: Present, request: PausedRequest): Promise<ResolvePlan> {
  const { conflicts, choice, merge } = request;
  const copied = conflicts.flatMap((conflict): readonly OpenConflict[] => {
    const copy = merge.conflicts.find(({ path }) => path === conflict.path)?.copy;
    // Without a copy only one side has the file: it stands there, and the removal is in the history.
    if (copy === undefined) return [];
    const { kept, other } = conflict;
    return [{ ...conflict, copy, kept: { ...other, path: conflict.path }, other: { ...kept, path: copy } }];
  });
  return await planResolve(tree, present, { conflicts: copied, choice });
}
