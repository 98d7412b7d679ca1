import type { Conflict, ConflictKind } from '../../model/outcome.js';
import type { RelativePath } from '../../model/paths.js';
import { isAtOrBelow } from '../conflict-copy.js';
import type { PreferredSide } from '../preferred-side.js';
import { restorable } from '../preferred-side.js';
import { readChanges } from './change-parser.js';
import type { Stage } from './merge-tree-parser.js';
import { type IndexEntry, writeEntries, writeTree } from './private-index.js';
import type { Repository } from './repository.js';
import {
  indexOf,
  kindOf,
  originals,
  type Settled,
  type SettleRequest,
  type Sides,
  withoutLabel,
} from './settle-conflicts.js';
import { readSide, type Side } from './side.js';

/** Whose version stands wherever the two sides cannot be merged. */
export type PreferRequest = SettleRequest & { readonly side: PreferredSide };

/**
 * Settles every conflict of a merge in the object store with the version of one side, be that a removal; the other's is a
 * parent of the merge and so stays in the history. What the preferred side has does not go away by it: a file that the
 * other side had renamed to a name in conflict is put back under its own.
 */
export async function preferSide(repository: Repository, request: PreferRequest): Promise<Settled> {
  const { merge, ours, theirs, side } = request;
  const sides = { ours: await readSide(repository, ours), theirs: await readSide(repository, theirs) };
  const merged = await readSide(repository, merge.tree);
  const outcome: Outcome = { result: new Map(merged.entries), dropped: [], conflicts: [] };
  const preferred = side === 'ours' ? sides.ours : sides.theirs;
  for (const [path, stages] of merge.conflicted) {
    const { mine, other } = await originals({ repository, merge, sides, path, stages, ours, theirs });
    const [chosen, lost] = side === 'ours' ? [mine, other] : [other, mine];
    const name = withoutLabel(path, request);
    const hasBase = stages.some(({ stage }) => stage === 1);
    const found = { path, chosen, lost, hasBase, kind: kindOf(merge, path, stages) };
    if (name === undefined) settlePlain(outcome, found);
    else settleLabelled(outcome, { ...found, name, preferred });
  }
  await putBack(repository, { request, sides, outcome });
  return { tree: await treeOf(repository, merge.tree, { merged, outcome }), conflicts: outcome.conflicts, crowded: [] };
}

type Content = { readonly mode: string; readonly id: string };

/** What the merge comes to; `dropped` are the paths at which the other side had something that does not stand there. */
type Outcome = {
  readonly result: Map<RelativePath, Content>;
  readonly dropped: RelativePath[];
  readonly conflicts: Conflict[];
};

type Found = {
  readonly path: RelativePath;
  readonly kind: ConflictKind;
  /** Whether the two versions are of one file: then the chosen one stands for it under whatever name. */
  readonly hasBase: boolean;
  readonly chosen: Stage | undefined;
  readonly lost: Stage | undefined;
};

function settlePlain({ result, dropped, conflicts }: Outcome, found: Found): void {
  const { path, kind, hasBase, chosen, lost } = found;
  if (chosen === undefined) result.delete(path);
  else result.set(path, { mode: chosen.mode, id: chosen.id });
  if (lost !== undefined && !(hasBase && chosen !== undefined)) dropped.push(path);
  conflicts.push({ path, kind: isMode(chosen, lost) ? 'mode' : kind, ...(chosen === undefined ? {} : { kept: path }) });
}

const isMode = (one: Stage | undefined, other: Stage | undefined): boolean =>
  one !== undefined && one.id === other?.id && one.mode !== other.mode;

/** Settles a file that git has set aside because a folder, or a file of another type, has its name. */
function settleLabelled(
  { result, dropped, conflicts }: Outcome,
  { path, name, chosen, preferred }: Found & { readonly name: RelativePath; readonly preferred: Side },
): void {
  result.delete(path);
  if (chosen === undefined) {
    dropped.push(name);
    for (const [at, content] of preferred.entries)
      if (isAtOrBelow(at, name) && !result.has(at)) result.set(at, content);
  } else {
    const below = [...result.keys()].filter((at) => isAtOrBelow(at, name));
    for (const at of below) result.delete(at);
    dropped.push(...below);
    result.set(name, { mode: chosen.mode, id: chosen.id });
  }
  if (!conflicts.some((conflict) => conflict.path === name))
    conflicts.push({ path: name, kind: 'file-directory', kept: name });
}

type PutBack = { readonly request: PreferRequest; readonly sides: Sides; readonly outcome: Outcome };

async function putBack(repository: Repository, { request, sides, outcome }: PutBack): Promise<void> {
  if (outcome.dropped.length === 0) return;
  const { ours, theirs, side } = request;
  const [preferred, other] = side === 'ours' ? [sides.ours, theirs] : [sides.theirs, ours];
  const base = await repository.git.run(['merge-base', ours, theirs]);
  if (base.exitCode !== 0) return;
  const changes = await readChanges(repository, base.stdout.toString('utf8').trim(), other);
  const renames = changes.flatMap((change) => (change.type === 'renamed' ? [change] : []));
  for (const path of restorable({ renames, dropped: outcome.dropped, result: outcome.result })) {
    const content = preferred.entries.get(path);
    if (content !== undefined) outcome.result.set(path, content);
  }
}

type Made = { readonly merged: Side; readonly outcome: Outcome };

async function treeOf(repository: Repository, tree: string, { merged, outcome }: Made): Promise<string> {
  const { result } = outcome;
  const removals: IndexEntry[] = [];
  for (const path of merged.entries.keys()) if (!result.has(path)) removals.push({ path, content: undefined });
  const additions: IndexEntry[] = [];
  for (const [path, content] of result) {
    const before = merged.entries.get(path);
    if (before?.id !== content.id || before.mode !== content.mode) additions.push({ path, content });
  }
  const index = await indexOf(repository, tree);
  // Removals first: a file may take the name of a folder.
  await writeEntries(repository, index, [...removals, ...additions]);
  return await writeTree(repository, index);
}
