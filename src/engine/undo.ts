import { AutosyncError } from '../model/errors.js';
import type { RelativePath } from '../model/paths.js';
import type { Run } from '../store/runs.js';
import { printable } from '../system/printable.js';
import type { Edit, Versions } from '../vcs/versions.js';
import type { Plan, Present } from './deed.js';

/** What taking runs back does. */
export type UndoPlan = Plan & {
  /** Newest first. */
  readonly runs: readonly Run[];
  /** Each path that is taken back, and how. */
  readonly changes: readonly UndoneChange[];
  /** Paths that somebody has changed since: they stay as they are. */
  readonly kept: readonly RelativePath[];
};

/** What becomes of one path. */
export type UndoneChange = { readonly path: RelativePath; readonly kind: 'brought back' | 'put back' | 'taken away' };

/** Which runs are meant: the last so many, or the one that made or brought a commit. */
export type Which = { readonly kind: 'last'; readonly count: number } | { readonly kind: 'run'; readonly id: string };

/** Finds the runs of a branch that are meant, newest first. */
export function chooseRuns(runs: readonly Run[], branch: string, which: Which): readonly Run[] {
  const own = runs.filter((run) => run.branch === branch).reverse();
  const chosen = which.kind === 'last' ? own.slice(0, which.count) : own.filter(({ to }) => to.startsWith(which.id));
  if (which.kind === 'run' && chosen.length !== 1) {
    throw new AutosyncError('usage', `no run of this branch ended with '${printable(which.id)}'`, [
      'autosync undo --list',
    ]);
  }
  if (chosen.length === 0) throw new AutosyncError('usage', `nothing was done on '${printable(branch)}' so far`);
  return chosen;
}

/** Decides what taking runs back puts where: of each file what it held before, unless it was changed since. */
export async function planUndo(
  versions: Versions,
  { head }: Pick<Present, 'head'>,
  runs: readonly Run[],
): Promise<UndoPlan> {
  const targets = new Map<RelativePath, string>();
  const since = new Set<RelativePath>();
  const kept = new Set<RelativePath>();
  let later = head;
  for (const { from, to } of runs) {
    await expectKnown(versions, [from, to]);
    // Between two runs, or after the last one: not ours to take back.
    for (const { path } of await changed(versions, to, later)) since.add(path);
    for (const { path } of await changed(versions, from, to)) {
      if (!since.has(path)) targets.set(path, from);
      else if (!targets.has(path)) kept.add(path);
    }
    later = from;
  }
  const { edits, changes } = await editsFor(versions, head, targets);
  const lines = changes.map(({ path, kind }) => `${kind}: ${path}`);
  const [first] = runs;
  const subject =
    runs.length === 1 && first !== undefined
      ? `Undid what the ${first.kind} of ${new Date(first.at).toISOString()} did`
      : `Undid the last ${runs.length} runs`;
  return { edits, subject, lines, runs, changes, kept: [...kept] };
}

const changed = async (versions: Versions, from: string, to: string): ReturnType<Versions['differences']> =>
  from === to ? [] : await versions.differences(from, to);

/** A history that was rewritten by hand may no longer hold what is to come back. */
async function expectKnown(versions: Versions, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    if ((await versions.find({ kind: 'revision', id }, id)) !== undefined) continue;
    throw new AutosyncError('failed', `the history no longer holds '${id.slice(0, 12)}'; it was rewritten since`);
  }
}

async function editsFor(
  versions: Versions,
  head: string,
  targets: ReadonlyMap<RelativePath, string>,
): Promise<Pick<UndoPlan, 'edits' | 'changes'>> {
  const edits: Edit[] = [];
  const changes: UndoneChange[] = [];
  for (const revision of new Set(targets.values())) {
    for (const { path, old, new: before } of await versions.differences(head, revision)) {
      if (targets.get(path) !== revision) continue;
      edits.push({ path, to: before === undefined ? { kind: 'nothing' } : { kind: 'version', revision, path } });
      changes.push({
        path,
        kind: before === undefined ? 'taken away' : old === undefined ? 'brought back' : 'put back',
      });
    }
  }
  return { edits, changes: changes.sort((one, other) => (one.path < other.path ? -1 : 1)) };
}
