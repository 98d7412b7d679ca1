import type { Conflict, ConflictKind } from '../../model/outcome.js';
import { asRelative, type RelativePath } from '../../model/paths.js';
import { conflictCopyName } from '../conflict-copy.js';
import type { MergeTree, Stage } from './merge-tree-parser.js';
import { copyIndex, type IndexEntry, type PrivateIndex, writeEntries, writeTree } from './private-index.js';
import type { Repository } from './repository.js';
import { provenance, readSide, type Side } from './side.js';

/** A merge with every conflict settled. */
export type Settled = { readonly tree: string; readonly conflicts: readonly Conflict[] };

/** A merge to settle: git's answer and the two commits. */
export type SettleRequest = { readonly merge: MergeTree; readonly ours: string; readonly theirs: string };

/**
 * Settles every conflict of a merge in the object store: the hub's version keeps the name, ours becomes a conflict copy
 * beside it, a change wins over a removal. No file ever holds conflict markers: git's own merged version of a
 * conflicted path is thrown away and the two originals are taken.
 */
export async function settleConflicts(repository: Repository, request: SettleRequest): Promise<Settled> {
  const { merge, ours, theirs } = request;
  const sides = { ours: await readSide(repository, ours), theirs: await readSide(repository, theirs) };
  const merged = await readSide(repository, merge.tree);
  const entries: IndexEntry[] = [];
  const conflicts: Conflict[] = [];
  for (const [path, stages] of merge.conflicted) {
    const kind = kindOf(merge, path, stages);
    const versions = await originals({ repository, sides, path, stages, request });
    const settled = await settleOne({ repository, path, kind, ...versions, merged, request });
    entries.push({ path, content: undefined }, ...settled.entries);
    conflicts.push(settled.conflict);
  }
  const index = await indexOf(repository, merge.tree);
  await writeEntries(repository, index, [
    ...entries.filter(isRemoval),
    ...entries.filter((entry) => !isRemoval(entry)),
  ]);
  return { tree: await writeTree(repository, index), conflicts };
}

const isRemoval = (entry: IndexEntry): boolean => entry.content === undefined;

async function indexOf(repository: Repository, tree: string): Promise<PrivateIndex> {
  const index = copyIndex(repository);
  await repository.git.output(['read-tree', '--empty'], { env: { GIT_INDEX_FILE: index.file } });
  await repository.git.output(['read-tree', tree], { env: { GIT_INDEX_FILE: index.file } });
  return index;
}

type Versions = { readonly mine: Stage | undefined; readonly other: Stage | undefined };

type OriginalsRequest = {
  readonly repository: Repository;
  readonly sides: { readonly ours: Side; readonly theirs: Side };
  readonly path: RelativePath;
  readonly stages: readonly Stage[];
  readonly request: SettleRequest;
};

/**
 * Returns the two versions of a conflicted path as they were committed. Where renames meet, git may put a version that
 * it merged itself, markers and all, into a stage; the committed one stands in for it.
 */
async function originals({ repository, sides, path, stages, request }: OriginalsRequest): Promise<Versions> {
  const pick = async (number: 2 | 3, side: Side): Promise<Stage | undefined> => {
    const found = stages.find(({ stage }) => stage === number);
    if (found === undefined || !found.mode.startsWith('100')) return found;
    const committed = side.entries.get(path);
    if (committed === undefined || committed.id === found.id || side.ids.has(found.id)) return found;
    return (await hasMarkers(repository, found.id, request)) ? { stage: number, ...committed } : found;
  };
  return { mine: await pick(2, sides.ours), other: await pick(3, sides.theirs) };
}

/** Tells whether a blob is one of this very merge's with conflict markers in it: they name the two commits. */
async function hasMarkers(repository: Repository, id: string, { ours, theirs }: SettleRequest): Promise<boolean> {
  const bytes = await repository.git.output(['cat-file', 'blob', id]);
  const text = bytes.toString('latin1');
  return text.includes(`<<<<<<< ${ours}`) || text.includes(`>>>>>>> ${theirs}`);
}

type OneConflict = Versions & {
  readonly repository: Repository;
  readonly path: RelativePath;
  readonly kind: ConflictKind;
  /** What git's own merge holds. */
  readonly merged: Side;
  readonly request: SettleRequest;
};

type SettledOne = { readonly entries: readonly IndexEntry[]; readonly conflict: Conflict };

async function settleOne(one: OneConflict): Promise<SettledOne> {
  const { path, kind, mine, other, request } = one;
  if (mine !== undefined && other !== undefined) return await settleBoth(one, mine, other);
  const only = mine ?? other;
  if (only === undefined) return { entries: [], conflict: { path, kind } };
  // Git sets a file aside that meets a folder, or a link that meets a file, as `<path>~<commit>`.
  const name = withoutLabel(path, request);
  if (name === undefined) return { entries: [entry(path, only)], conflict: { path, kind, kept: path } };
  const copy = await copyName(one, name, only);
  return { entries: [entry(copy, only)], conflict: { path: name, kind: 'file-directory', kept: name, copy } };
}

async function settleBoth(one: OneConflict, mine: Stage, other: Stage): Promise<SettledOne> {
  const { path, kind } = one;
  const entries = [entry(path, other)];
  if (mine.id === other.id) return { entries, conflict: { path, kind: 'mode', kept: path } };
  if (mine.mode === SUBMODULE || other.mode === SUBMODULE) {
    return { entries, conflict: { path, kind: 'submodule', kept: path } };
  }
  const copy = await copyName(one, path, mine);
  return { entries: [...entries, entry(copy, mine)], conflict: { path, kind, kept: path, copy } };
}

const SUBMODULE = '160000';

const entry = (path: RelativePath, { mode, id }: Stage): IndexEntry => ({ path, content: { mode, id } });

async function copyName(one: OneConflict, path: RelativePath, { stage, id }: Stage): Promise<RelativePath> {
  const { ours, theirs } = one.request;
  const [side, other] = stage === 2 ? [ours, theirs] : [theirs, ours];
  // An earlier copy of the same version may stand there, edited since.
  const isTaken = (name: RelativePath): boolean => (one.merged.entries.get(name)?.id ?? id) !== id;
  return conflictCopyName({ path, id, ...(await provenance(one.repository, { side, other, path })) }, isTaken);
}

function withoutLabel(path: RelativePath, { ours, theirs }: SettleRequest): RelativePath | undefined {
  const at = [ours, theirs].map((id) => path.indexOf(`~${id}`)).find((found) => found > 0);
  return at === undefined ? undefined : asRelative(path.slice(0, at));
}

/** Says what kind of conflict a path is in, from git's message types and the stages there are. */
function kindOf(merge: MergeTree, path: RelativePath, stages: readonly Stage[]): ConflictKind {
  const types = merge.messages.filter(({ paths }) => paths.includes(path)).map(({ type }) => type);
  const says = (pattern: RegExp): boolean => types.some((type) => pattern.test(type));
  if (stages.some(({ mode }) => mode === SUBMODULE)) return 'submodule';
  if (says(/rename/)) return 'rename';
  if (says(/file\/directory|distinct/)) return 'file-directory';
  if (says(/modify\/delete/)) return 'modify-delete';
  if (says(/binary/)) return 'binary';
  return stages.some(({ stage }) => stage === 1) ? 'content' : 'both-added';
}
